/// A recording's channel.
struct ChannelID: Hashable, CustomStringConvertible {
  let file: String
  let channel: String

  var description: String { "\(file) \(channel)" }
}

/// The words of a ctm, by channel and in time.
struct TimedWords {
  struct Word {
    let text: String
    let beginSeconds: Double
    let durationSeconds: Double
    let line: Int

    var middleSeconds: Double { beginSeconds + durationSeconds / 2 }
  }

  /// In the order of the file.
  private(set) var channels: [ChannelID] = []
  private(set) var words: [ChannelID: [Word]] = [:]

  /// Words that begin together stay in the order of the file.
  init(parsing bytes: [UInt8], name: String) throws(ScoringError) {
    try forEachLine(of: bytes, name: name) { line, number throws(ScoringError) in
      if isComment(line) { return }
      let place = "\(name):\(number)"
      let fields = try text(line, place: place).split(whereSeparator: \.isWhitespace).map(String.init)
      if fields.count >= 5, fields[4].uppercased().hasPrefix("<ALT") {
        throw ScoringError(place, "expected one hypothesis, found alternatives; keep one of them")
      }
      guard fields.count >= 5, let begin = Double(fields[2]), let duration = Double(fields[3]),
        begin.isFinite, duration.isFinite, duration >= 0
      else {
        throw ScoringError(
          place,
          "expected file, channel, begin, duration and word, found "
            + "\"\(fields.prefix(6).joined(separator: " "))\"; correct this line"
        )
      }
      let channel = ChannelID(file: fields[0], channel: fields[1])
      if words[channel] == nil { channels.append(channel) }
      words[channel, default: []].append(
        Word(text: fields[4], beginSeconds: begin, durationSeconds: duration, line: number))
    }
    for channel in channels {
      words[channel]?.sort { ($0.beginSeconds, $0.line) < ($1.beginSeconds, $1.line) }
    }
  }

  /// The words of each recording as one text. Its id is the file, with `-` and the channel where there are
  /// several channels.
  var records: [TranscriptTable.Record] {
    var counts: [String: Int] = [:]
    for channel in channels { counts[channel.file, default: 0] += 1 }
    return channels.map { channel in
      let words = words[channel] ?? []
      return TranscriptTable.Record(
        id: counts[channel.file] == 1 ? channel.file : "\(channel.file)-\(channel.channel)",
        text: words.map(\.text).joined(separator: " "), line: words.first?.line ?? 0, fields: [])
    }
  }
}
