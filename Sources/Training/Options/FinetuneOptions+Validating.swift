extension FinetuneOptions {
  /// Refuses options that do not go together.
  /// - Throws: ``OptionError``, one line.
  public func validate() throws(OptionError) {
    if precision == .bf16 {
      throw OptionError("--precision bf16: training in bf16 is not in this version; use fp32")
    }
    if model == nil && initialConfiguration == nil {
      throw OptionError(
        "--model: expected a checkpoint, or --init CONFIG.json for random weights, found neither")
    }
    for (name, value) in [("train", train), ("dev", dev)] where value.isEmpty {
      throw OptionError("--\(name): expected a manifest, found none")
    }
    if out.isEmpty { throw OptionError("--out: expected a directory for the run, found none") }
    if initialConfiguration != nil {
      if vocabulary == nil && !vocabularyFromData {
        throw OptionError("--init: random weights have no vocabulary; add --vocab FILE or --vocab-from-data")
      }
      if loraRank > 0 {
        throw OptionError("--lora-rank \(loraRank): random weights must be trained whole; leave it out")
      }
    }
    if trainFeatureEncoder {
      if freezeLayers > 0 {
        throw OptionError(
          "--train-feature-encoder: --freeze-layers \(freezeLayers) leaves all before those layers as it is; "
            + "leave out one")
      }
      if loraRank > 0 {
        throw OptionError(
          "--train-feature-encoder: with --lora-rank factors alone are trained; leave out one")
      }
    }
    if let holdRatio, let decayRatio, holdRatio + decayRatio > 1 {
      throw OptionError(
        "--hold-ratio \(plain(holdRatio)): with --decay-ratio \(plain(decayRatio)) it is more than all steps; "
          + "lower one")
    }
    if let steps, let warmupSteps, warmupSteps > steps {
      throw OptionError("--warmup-steps \(warmupSteps): expected at most --steps, which is \(steps)")
    }
  }
}
