/// Log-posteriors over time, as many grey levels as a byte holds.
///
/// A level is 255 x (1 + ln p / 10), rounded: 255 for certainty, 0 from e^-10 down. A step is 0.04 nats.
public struct EmissionImage: Sendable, Equatable {
  /// Probabilities from e to the power of -10 on can be told apart.
  static let depth: Float = 10

  /// Which model's, for choosing between several.
  public let name: String
  /// The place in ``ComparisonPage/vocabularies``.
  public let vocabulary: Int
  /// From one frame's beginning to the next's.
  public let frameSeconds: Double
  /// The tokens shown, from the top: in the vocabulary's order, the blank last.
  public let tokens: [Int]
  public let frames: Int
  /// (tokens shown, T), row-major.
  public let levels: [UInt8]

  /// Keeps the tokens that matter.
  ///
  /// - Parameters:
  ///   - logPosteriors: (T, V), row-major, natural log.
  ///   - blank: always kept.
  ///   - paths: tokens of paths, which are kept too.
  ///   - noticeable: of other tokens, those are kept that reach this at some frame, natural log; the default
  ///     is 1 %.
  public init(
    name: String, vocabulary: Int, frameSeconds: Double, logPosteriors: [Float], tokens count: Int,
    blank: Int, paths: Set<Int> = [], noticeable: Float = -4.6
  ) {
    precondition(
      count > 0 && logPosteriors.count % count == 0,
      "\(logPosteriors.count) log-posteriors over \(count) tokens")
    let frames = logPosteriors.count / count
    let kept = (0..<count).filter { token in
      token != blank
        && (paths.contains(token)
          || (0..<frames).contains { logPosteriors[$0 * count + token] >= noticeable })
    }
    tokens = kept + [blank]
    levels = tokens.flatMap { token in (0..<frames).map { Self.level(logPosteriors[$0 * count + token]) } }
    self.name = name
    self.vocabulary = vocabulary
    self.frameSeconds = frameSeconds
    self.frames = frames
  }

  /// What is no number is shown as improbable.
  static func level(_ logPosterior: Float) -> UInt8 {
    let part = 1 + logPosterior / depth
    return part > 0 ? UInt8((min(part, 1) * 255).rounded()) : 0
  }
}
