/// What a CTC decoder consumes: for every frame of one utterance, the natural-log posterior of every
/// vocabulary entry.
public struct Emissions: Sendable, Equatable {
  /// T.
  public let frames: Int
  /// V, the blank among them.
  public let vocabularySize: Int
  /// (T, V), row-major, natural log.
  public let logPosteriors: [Float]

  public init(frames: Int, vocabularySize: Int, logPosteriors: [Float]) {
    precondition(frames >= 0 && vocabularySize > 0, "emissions of \(frames) x \(vocabularySize)")
    precondition(
      logPosteriors.count == frames * vocabularySize,
      "\(logPosteriors.count) log-posteriors for \(frames) x \(vocabularySize)")
    self.frames = frames
    self.vocabularySize = vocabularySize
    self.logPosteriors = logPosteriors
  }

  public subscript(frame: Int, token: Int) -> Float { logPosteriors[frame * vocabularySize + token] }
}
