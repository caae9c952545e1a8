#if canImport(Glibc)
import Glibc
#endif

/// Kaldi's data directory: lines of a key and what belongs to it.
///
///     wav.scp     RECORDING path
///     segments    UTTERANCE RECORDING begin end    in seconds; an end of -1 is the recording's
///     text        UTTERANCE what is said
///     utt2spk     UTTERANCE SPEAKER
///
/// Without `segments` recordings are the utterances. Only `wav.scp` must be there.
extension Manifest {
  /// - Throws: a failure for the directory as a whole.
  static func kaldi(_ directory: String) throws(InputFailure) -> [Entry] {
    let prefix = asPrefix(directory)
    let recordings = try KaldiTable(prefix + "wav.scp")
    let texts = try KaldiTable(optional: prefix + "text")
    let speakers = try KaldiTable(optional: prefix + "utt2spk")
    let segments = try KaldiTable(optional: prefix + "segments")
    let utterances = segments ?? recordings
    let entries = utterances.lines.map { line in
      let place = "\(utterances.file):\(line.number)"
      do throws(InputFailure) {
        var recording = line
        var interval: Utterance.Interval?
        if segments != nil {
          let segment = try KaldiSegment(line.value, place: place)
          guard let found = recordings[segment.recording] else {
            throw InputFailure(
              place, "\(recordings.file) has no \(segment.recording); add it, or remove this line")
          }
          (recording, interval) = (found, segment.interval)
        }
        let path = try audioPath(recording, of: recordings.file)
        let row = Row(
          path: located(path, orBelow: prefix), name: path, id: line.key, interval: interval,
          durationSeconds: interval?.durationSeconds, text: texts.map { $0[line.key]?.words ?? "" },
          speaker: speakers?[line.key]?.value)
        return Entry(file: utterances.file, line: line.number, .success(row))
      } catch {
        return Entry(file: utterances.file, line: line.number, .failure(error))
      }
    }
    guard let texts else { return entries }
    return entries
      + texts.lines.filter { utterances[$0.key] == nil }.map { line in
        let failure = InputFailure(
          "\(texts.file):\(line.number)", "\(utterances.file) has no \(line.key); add it, or remove this line"
        )
        return Entry(file: texts.file, line: line.number, .failure(failure))
      }
  }

  private static func audioPath(_ line: KaldiTable.Line, of file: String) throws(InputFailure) -> String {
    let place = "\(file):\(line.number)"
    guard !line.value.isEmpty else {
      throw InputFailure(place, "expected a path, found none; correct this line")
    }
    guard !line.value.hasSuffix("|") else {
      throw InputFailure(
        place, "is a command, and commands are not run; write its output to a file, and name that here")
    }
    guard !line.value.contains(".ark:") else {
      throw InputFailure(place, "is in an archive; copy it to a file of its own with Kaldi's wav-copy")
    }
    return line.value
  }
}

/// A file of keys and values.
private struct KaldiTable {
  struct Line {
    let number: Int
    let key: String
    let value: String

    var words: String { value.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
  }

  let file: String
  let lines: [Line]
  private let places: [String: Int]

  init(_ file: String) throws(InputFailure) {
    self.file = file
    lines = try Manifest.lines(of: file).map { number, text in
      let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
      let value = (parts.count > 1 ? parts[1] : "").drop(while: \.isWhitespace)
      let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
      return Line(
        number: number, key: parts.first.map(String.init) ?? "", value: String(value[..<end]))
    }
    places = Dictionary(
      lines.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Returns: nil if it is not there.
  init?(optional file: String) throws(InputFailure) {
    guard access(file, F_OK) == 0 else { return nil }
    try self.init(file)
  }

  subscript(key: String) -> Line? { places[key].map { lines[$0] } }
}

/// A line of `segments`.
private struct KaldiSegment {
  let recording: String
  let interval: Utterance.Interval

  init(_ value: String, place: String) throws(InputFailure) {
    let fields = value.split(whereSeparator: \.isWhitespace)
    // A fourth is a channel.
    guard fields.count == 3 || fields.count == 4, let begin = Double(fields[1]), let end = Double(fields[2]),
      begin >= 0, end == -1 || end > begin
    else {
      throw InputFailure(
        place, "expected a recording, its begin and its end in seconds, found '\(value)'; correct this line")
    }
    recording = String(fields[0])
    interval = .init(offsetSeconds: begin, durationSeconds: end == -1 ? nil : end - begin)
  }
}
