import JSON

/// How transcripts are written.
public enum TranscriptFormat: String, Sendable, CaseIterable {
  /// The text alone; with several inputs `id<TAB>text`.
  case text
  /// A JSON object a line.
  case jsonl
  case srt, vtt, ctm, textgrid

  /// All that a transcript comes to, with the newline at its end.
  /// - Parameter withID: whether text is preceded by the id.
  public func text(_ transcript: Transcript, withID: Bool) -> String {
    switch self {
    case .text: (withID ? oneLine(transcript.id) + "\t" : "") + oneLine(transcript.text) + "\n"
    case .jsonl: transcript.document.text(.spaced) + "\n"
    case .srt: CaptionFormat.srt.text(TimedText(transcript))
    case .vtt: CaptionFormat.vtt.text(TimedText(transcript))
    case .ctm: CaptionFormat.ctm.text(TimedText(transcript))
    case .textgrid: CaptionFormat.textgrid.text(TimedText(transcript))
    }
  }

  /// The extension of an utterance's own file; nil for formats that keep many utterances in one.
  public var documentExtension: String? { CaptionFormat(rawValue: rawValue)?.documentExtension }
}
