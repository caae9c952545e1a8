public import Training

extension PretrainOptions {
  public func validate() throws(OptionError) {
    if initialConfiguration.isEmpty && model == nil {
      throw OptionError(
        "--init: expected CONFIG.json, the architecture to train, found none; or name a --model to go on from"
      )
    }
    if train.isEmpty { throw OptionError("--train: expected a manifest, found none") }
    if out.isEmpty { throw OptionError("--out: expected a directory for the run, found none") }
    if let round, round > rounds {
      throw OptionError("--round \(round): expected at most --rounds, which is \(rounds)")
    }
    for round in 1...rounds where !warmupSteps.isEmpty && warmup(ofRound: round) > steps(ofRound: round) {
      throw OptionError(
        "--warmup-steps \(warmup(ofRound: round)): expected at most the steps of round \(round), which are "
          + "\(steps(ofRound: round))")
    }
  }
}
