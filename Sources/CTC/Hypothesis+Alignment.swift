extension Hypothesis {
  /// A text on its Viterbi path, with the confidences of ``GreedyDecoder``. Without an alignment, as where no
  /// path has the text, there are no tokens and the confidence is 0.
  /// - Parameters:
  ///   - alignment: of labels alone, without wildcards.
  ///   - acousticScore: natural log of the summed probability of the text's paths.
  public init(_ alignment: ForcedAlignment?, of emissions: Emissions, acousticScore: Double) {
    guard let alignment else {
      self.init(tokens: [], acousticScore: acousticScore, confidence: 0)
      return
    }
    let tokens = alignment.tokens(in: emissions).compactMap { $0 }
    var silent = LogPosteriorSum()
    if tokens.isEmpty {
      for frame in 0..<emissions.frames { silent.add(Double(emissions[frame, alignment.blank])) }
    }
    self.init(
      tokens: tokens, acousticScore: acousticScore,
      confidence: tokens.isEmpty ? silent.confidence : tokens.confidence)
  }
}
