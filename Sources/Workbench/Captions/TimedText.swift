/// Words and characters in time, which every format of captions is made of.
public struct TimedText: Sendable, Equatable {
  public var id: String
  public var durationSeconds: Double
  /// In order of time, none overlapping another.
  public var words: [Transcript.Word]
  public var characters: [Transcript.Word]
  /// The words that begin a new line of the text as it was given, by their places.
  public var lineStarts: Set<Int> = []
}

extension TimedText {
  public init(_ transcript: Transcript) {
    self.init(
      id: transcript.id, durationSeconds: transcript.durationSeconds, words: transcript.words,
      characters: transcript.characters)
  }
}
