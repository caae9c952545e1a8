/// How words in time are written for players, annotation tools and scorers.
public enum CaptionFormat: String, Sendable, CaseIterable {
  /// SubRip subtitles.
  case srt
  /// WebVTT subtitles.
  case vtt
  /// NIST's time-marked conversations, a line a word.
  case ctm
  /// Praat's TextGrid, with the tiers `words` and `characters`.
  case textgrid

  /// All that one utterance comes to.
  public func text(_ timed: TimedText) -> String {
    switch self {
    case .srt: subRip(timed)
    case .vtt: webVTT(timed)
    case .ctm: timeMarked(timed)
    case .textgrid: textGrid(timed)
    }
  }

  /// The extension of an utterance's own file; nil for the format that keeps many utterances in one.
  public var documentExtension: String? {
    switch self {
    case .srt, .vtt: rawValue
    case .textgrid: "TextGrid"
    case .ctm: nil
    }
  }
}

/// Times of subtitles have milliseconds: `01:02:03.456`.
private func time(_ seconds: Double, point: String) -> String {
  let milliseconds = Int((max(0, seconds) * 1000).rounded())
  func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
  let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000)
  return "\(digits(minutes / 60, 2)):\(digits(minutes % 60, 2)):\(digits(rest / 1000, 2))\(point)"
    + digits(rest % 1000, 3)
}

private func subRip(_ timed: TimedText) -> String {
  cues(timed).enumerated().map { index, cue in
    "\(index + 1)\n\(time(cue.startSeconds, point: ",")) --> \(time(cue.endSeconds, point: ","))\n"
      + cue.lines.map { oneLine($0) + "\n" }.joined() + "\n"
  }.joined()
}

private func webVTT(_ timed: TimedText) -> String {
  func escaped(_ text: String) -> String {
    oneLine(text).map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
  }
  return "WEBVTT\n\n"
    + cues(timed).map { cue in
      "\(time(cue.startSeconds, point: ".")) --> \(time(cue.endSeconds, point: "."))\n"
        + cue.lines.map { escaped($0) + "\n" }.joined() + "\n"
    }.joined()
}

/// `id channel start duration word confidence`, in seconds; fields must not hold spaces.
private func timeMarked(_ timed: TimedText) -> String {
  func field(_ text: String) -> String {
    oneLine(text).map { $0.isWhitespace ? "_" : String($0) }.joined()
  }
  return timed.words.map { word in
    let start = decimals(word.startSeconds, 3)
    let duration = decimals(word.endSeconds - word.startSeconds, 3)
    return "\(field(timed.id)) 1 \(start) \(duration) \(field(word.text)) \(decimals(word.confidence, 4))\n"
  }.joined()
}

/// Praat's long text form. A tier's intervals cover all of the time, so that silences are intervals without a
/// label.
private func textGrid(_ timed: TimedText) -> String {
  let end = max(timed.durationSeconds, timed.words.last?.endSeconds ?? 0)
  func tier(_ number: Int, _ name: String, _ words: [Transcript.Word]) -> String {
    var intervals: [(start: Double, end: Double, text: String)] = []
    var time = 0.0
    for word in words {
      // Neighbours that overlap, or last no time, are no intervals.
      let (first, last) = (max(word.startSeconds, time), min(word.endSeconds, end))
      guard last > first else { continue }
      if first > time { intervals.append((time, first, "")) }
      intervals.append((first, last, word.text))
      time = last
    }
    if time < end || intervals.isEmpty { intervals.append((time, end, "")) }
    let head = """
          item [\(number)]:
              class = "IntervalTier"
              name = "\(name)"
              xmin = 0
              xmax = \(decimals(end, 6))
              intervals: size = \(intervals.count)

      """
    return intervals.enumerated().reduce(head) { text, interval in
      let (start, end, label) = interval.element
      let quoted = oneLine(label).map { $0 == "\"" ? "\"\"" : String($0) }.joined()
      return text + """
                intervals [\(interval.offset + 1)]:
                    xmin = \(decimals(start, 6))
                    xmax = \(decimals(end, 6))
                    text = "\(quoted)"

        """
    }
  }
  return """
    File type = "ooTextFile"
    Object class = "TextGrid"

    xmin = 0
    xmax = \(decimals(end, 6))
    tiers? <exists>
    size = 2
    item []:

    """ + tier(1, "words", timed.words) + tier(2, "characters", timed.characters)
}
