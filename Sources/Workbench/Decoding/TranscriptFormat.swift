import JSON

/// How transcripts are written.
public enum TranscriptFormat: String, Sendable, CaseIterable {
  /// The text alone; with several inputs `id<TAB>text`.
  case text
  /// A JSON object a line.
  case jsonl

  /// A transcript as one line, with its newline.
  /// - Parameter withID: whether text is preceded by the id.
  public func line(_ transcript: Transcript, withID: Bool) -> String {
    switch self {
    case .text: (withID ? oneLine(transcript.id) + "\t" : "") + oneLine(transcript.text) + "\n"
    case .jsonl: transcript.document.text(.spaced) + "\n"
    }
  }
}
