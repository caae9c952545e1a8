/// The segments of an stm: what was said from when to when.
struct TimedSegments {
  struct Segment {
    let channel: ChannelID
    let speaker: String
    let beginSeconds: Double
    let endSeconds: Double
    /// Without the brackets: `o,f0,female`.
    let labels: String
    let text: String
    let line: Int
    /// Times as they are written.
    let times: String

    /// `file-channel-speaker-begin-end`.
    var id: String { "\(channel.file)-\(channel.channel)-\(speaker)-\(times)" }

    /// What is heard in it does not count.
    var isIgnored: Bool {
      text.uppercased().split(whereSeparator: \.isWhitespace).contains("IGNORE_TIME_SEGMENT_IN_SCORING")
    }

    func value(ofField field: String) -> String {
      switch field {
      case "file": channel.file
      case "channel": channel.channel
      case "labels": labels
      default: speaker
      }
    }
  }

  /// By which utterances can be grouped.
  static let fields = ["speaker", "labels", "file", "channel"]

  /// In the order of the file.
  private(set) var segments: [Segment] = []

  init(parsing bytes: [UInt8], name: String) throws(ScoringError) {
    try forEachLine(of: bytes, name: name) { line, number throws(ScoringError) in
      if isComment(line) { return }
      let place = "\(name):\(number)"
      let line = try text(line, place: place)
      let fields = line.split(maxSplits: 5, whereSeparator: \.isWhitespace).map(String.init)
      guard fields.count >= 5, let begin = Double(fields[3]), let end = Double(fields[4]), begin.isFinite,
        end.isFinite, begin <= end
      else {
        throw ScoringError(
          place,
          "expected file, channel, speaker, begin, end and text, found \"\(line.prefix(60))\"; correct this line"
        )
      }
      var (labels, text) = ("", fields.count > 5 ? fields[5] : "")
      if text.hasPrefix("<"), let close = text.firstIndex(of: ">"),
        !text[..<close].contains(where: \.isWhitespace)
      {
        labels = String(text[..<close].dropFirst())
        text = String(text[close...].dropFirst().drop(while: \.isWhitespace))
      }
      segments.append(
        Segment(
          channel: ChannelID(file: fields[0], channel: fields[1]), speaker: fields[2], beginSeconds: begin,
          endSeconds: end, labels: labels, text: text, line: number, times: "\(fields[3])-\(fields[4])"))
    }
  }

  /// Gives each segment the words of its channel whose middle lies before its end and not before that of the
  /// segment before it, and the last segment all that remain: what is heard in a gap belongs to the segment
  /// behind it, as sclite has it.
  func assigned(_ words: TimedWords) -> [(segment: Segment, words: [TimedWords.Word])] {
    var places: [ChannelID: [Int]] = [:]
    for (place, segment) in segments.enumerated() { places[segment.channel, default: []].append(place) }
    var assigned = [[TimedWords.Word]](repeating: [], count: segments.count)
    for (channel, places) in places {
      let words = words.words[channel] ?? []
      let inTime = places.sorted {
        (segments[$0].beginSeconds, $0) < (segments[$1].beginSeconds, $1)
      }
      var next = 0
      for place in inTime {
        let first = next
        if place == inTime.last {
          next = words.count
        } else {
          while next < words.count, words[next].middleSeconds < segments[place].endSeconds { next += 1 }
        }
        assigned[place] = Array(words[first..<next])
      }
    }
    return Array(zip(segments, assigned))
  }
}
