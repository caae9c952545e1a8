extension Hypothesis {
  /// A text on its Viterbi path, with the confidences of ``GreedyDecoder``. Without an alignment, as where no
  /// path has the text, there are no tokens and the confidence is 0.
  /// - Parameter acousticScore: natural log of the summed probability of the text's paths.
  public init(_ alignment: ForcedAlignment?, of emissions: Emissions, acousticScore: Double) {
    guard let alignment else {
      self.init(tokens: [], acousticScore: acousticScore, confidence: 0)
      return
    }
    var tokens: [AlignedToken] = []
    var spoken = LogPosteriorSum()
    for (label, frames) in zip(alignment.labels, alignment.frames) {
      // A reading has no wildcards.
      guard let label else { continue }
      var run = LogPosteriorSum()
      for frame in frames { run.add(Double(emissions[frame, label])) }
      tokens.append(AlignedToken(label: label, frames: frames, confidence: run.confidence))
      spoken.add(run)
    }
    if tokens.isEmpty {
      for frame in 0..<emissions.frames { spoken.add(Double(emissions[frame, alignment.blank])) }
    }
    self.init(tokens: tokens, acousticScore: acousticScore, confidence: spoken.confidence)
  }
}
