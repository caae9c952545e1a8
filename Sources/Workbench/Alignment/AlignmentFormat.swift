import JSON

/// How alignments are written.
public enum AlignmentFormat: String, Sendable, CaseIterable {
  /// A JSON document an utterance, a member a line.
  case json
  /// A JSON object a line.
  case jsonl
  case textgrid, ctm, srt, vtt

  /// All that an alignment comes to, with the newline at its end.
  public func text(_ alignment: AlignedTranscript) -> String {
    switch self {
    case .json: alignment.document.text(.pretty) + "\n"
    case .jsonl: alignment.document.text(.spaced) + "\n"
    case .textgrid: CaptionFormat.textgrid.text(alignment.timedText)
    case .ctm: CaptionFormat.ctm.text(alignment.timedText)
    case .srt: CaptionFormat.srt.text(alignment.timedText)
    case .vtt: CaptionFormat.vtt.text(alignment.timedText)
    }
  }

  /// The extension of an utterance's own file; nil for formats that keep many utterances in one.
  public var documentExtension: String? {
    self == .json ? "json" : CaptionFormat(rawValue: rawValue)?.documentExtension
  }
}
