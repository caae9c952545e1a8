/// One label of a hypothesis and the frames on which its path says it.
public struct AlignedToken: Sendable, Equatable {
  /// The token's id.
  public let label: Int
  /// Its run on the path: the frames from its first to its last, never empty.
  public let frames: Range<Int>
  /// Geometric mean of the label's posterior over `frames`; see ``GreedyDecoder`` for all three confidences.
  public let confidence: Double

  public init(label: Int, frames: Range<Int>, confidence: Double) {
    self.label = label
    self.frames = frames
    self.confidence = confidence
  }
}

/// One reading of an utterance: labels, when each is said, and how likely it is.
public struct Hypothesis: Sendable, Equatable {
  /// In order of time; frames of neighbours do not overlap.
  public let tokens: [AlignedToken]
  /// Natural log of the summed probability of the paths that collapse to ``labels``.
  public let acousticScore: Double
  /// Of the whole utterance, in 0...1.
  public let confidence: Double

  public init(tokens: [AlignedToken], acousticScore: Double, confidence: Double) {
    self.tokens = tokens
    self.acousticScore = acousticScore
    self.confidence = confidence
  }

  /// U ids, without blanks.
  public var labels: [Int] { tokens.map(\.label) }
}
