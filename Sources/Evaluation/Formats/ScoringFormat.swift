/// Files that hold what was said, or what a recogniser heard.
public enum ScoringFormat: String, Sendable, Hashable, CaseIterable {
  /// sclite's transcripts: `the cat sat (speaker-0001)`.
  case trn
  /// A JSON object a line, with `id` and `text`: a manifest, or what `warbler decode --format jsonl` writes.
  case jsonl
  /// `id<TAB>text`, or columns with names in the first line.
  case tsv
  /// NIST's segment time marks: `file channel speaker begin end <labels> text`.
  case stm
  /// NIST's time-marked words: `file channel begin duration word confidence`.
  case ctm

  /// The format of a file: by the extension of its name, else by its first line.
  init?(name: String, beginning bytes: [UInt8]) {
    let file = name.split(separator: "/").last ?? ""
    switch file.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() {
    case "trn": self = .trn
    case "jsonl", "json": self = .jsonl
    case "tsv": self = .tsv
    case "stm": self = .stm
    case "ctm": self = .ctm
    default:
      let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).lazy.map {
        String(decoding: $0, as: UTF8.self)
      }
      guard let line = lines.first(where: { !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix(";;") }),
        let format = Self(firstLine: line)
      else { return nil }
      self = format
    }
  }

  private init?(firstLine line: String) {
    let fields = line.split(whereSeparator: \.isWhitespace)
    func isNumber(_ place: Int) -> Bool { place < fields.count && Double(fields[place]) != nil }
    if line.first == "{", fields.last?.last == "}" {
      self = .jsonl
    } else if line.count(where: { $0 == "\t" }) == 1 {
      // Others would have none, or one between all their fields.
      self = .tsv
    } else if fields.last?.last == ")", line.contains("(") {
      self = .trn
    } else if isNumber(3) && isNumber(4) {
      self = .stm
    } else if isNumber(2) && isNumber(3) && fields.count >= 5 {
      self = .ctm
    } else if line.contains("\t") {
      self = .tsv
    } else {
      return nil
    }
  }
}

/// Calls `body` with each line that is not blank, without what ends it, and its number from 1.
func forEachLine(
  of bytes: [UInt8], name: String,
  _ body: (_ line: Slice<UnsafeBufferPointer<UInt8>>, _ number: Int) throws(ScoringError) -> Void
) throws(ScoringError) {
  try bytes.withUnsafeBufferPointer { bytes throws(ScoringError) in
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      number += 1
      let line = bytes[start..<(end > start && bytes[end - 1] == 0x0D ? end - 1 : end)]
      start = end + 1
      if line.contains(where: { !isBlank($0) }) { try body(line, number) }
    }
  }
}

/// Bytes without ASCII's white space at both ends.
func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
  var (start, end) = (bytes.startIndex, bytes.endIndex)
  while start < end, isBlank(bytes[start]) { start += 1 }
  while end > start, isBlank(bytes[end - 1]) { end -= 1 }
  return bytes[start..<end]
}

/// Whether a line of NIST's formats is one.
func isComment(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
  trimmed(line).starts(with: [UInt8(ascii: ";"), UInt8(ascii: ";")])
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

/// Bytes as text.
/// - Throws: an error that names the place, if they are no UTF-8.
func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, place: @autoclosure () -> String) throws(ScoringError)
  -> String
{
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw ScoringError(place(), "expected UTF-8, found other bytes; convert the file")
  }
  return text
}
