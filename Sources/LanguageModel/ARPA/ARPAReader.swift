/// The sections of an ARPA file, in order, each n-gram as fields of its line.
///
///     \data\
///     ngram 1=COUNT ...
///
///     \1-grams:
///     log10 P <TAB> word <TAB> log10 back-off
///     ...
///     \end\
///
/// Read as KenLM reads it: before `\data\` only empty lines and such that begin with `#`, behind `\end\` only
/// empty ones. Fields may be separated by any tabs and spaces, lines end in LF or CR LF, empty lines between
/// n-grams are nothing.
struct ARPAReader: ~Copyable {
  /// The header's number of n-grams of each order.
  let counts: [Int]
  private let lines: LineReader
  private let countLines: [Int]
  /// The line behind the header or a section, which its end was seen by.
  private var pending: UnsafeRawBufferPointer?
  private var fields: [UnsafeRawBufferPointer] = []

  /// The highest order that is taken.
  static let orderLimit = 64

  /// Reads the header.
  init(_ lines: LineReader) throws(LanguageModelError) {
    self.lines = lines
    var line = try lines.next()
    while let read = line, isBlank(read) || read.first == UInt8(ascii: "#") { line = try lines.next() }
    guard let line, trimmed(line).elementsEqual("\\data\\".utf8) else {
      throw lines.error(
        .unsupportedFormat, expected: "\\data\\, as an ARPA file begins", found: shown(line),
        remedy: "name an ARPA file, plain or gzip'd, or a model that warbler lm convert wrote")
    }
    var counts: [Int] = []
    var countLines: [Int] = []
    while let line = try lines.next() {
      if isBlank(line) {
        if counts.isEmpty { continue }
        break
      }
      if line.first == UInt8(ascii: "\\") {
        pending = line
        break
      }
      counts.append(try Self.count(line, order: counts.count + 1, lines))
      countLines.append(lines.number)
    }
    guard !counts.isEmpty else {
      throw lines.error(
        .malformed, expected: "ngram 1=COUNT", found: shown(pending), remedy: "restore the header")
    }
    self.counts = counts
    self.countLines = countLines
  }

  /// The number of a line `ngram ORDER=COUNT`.
  private static func count(
    _ line: UnsafeRawBufferPointer, order: Int, _ lines: LineReader
  ) throws(LanguageModelError) -> Int {
    let text = String(decoding: line, as: UTF8.self)
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      .map { $0.split { $0 == " " || $0 == "\t" } }
    guard parts.count == 2, parts[0].count == 2, parts[0][0] == "ngram", parts[0][1] == "\(order)",
      parts[1].count == 1, let count = Int(parts[1][0]), count >= 0
    else {
      throw lines.error(
        .malformed, expected: "ngram \(order)=COUNT", found: shown(line), remedy: "correct the header")
    }
    guard order <= orderLimit, count < Int(UInt32.max) else {
      throw lines.error(
        .tooLarge, expected: "orders up to \(orderLimit) and fewer than 2^32 - 1 n-grams of each",
        found: shown(line), remedy: "prune the model")
    }
    return count
  }

  /// Reads the section of an order, which is the next one.
  /// - Parameter body: is given each n-gram: log10 of its probability, its words, log10 of its back-off (0 if
  ///   it has none). They last until it returns.
  mutating func readSection(
    order: Int,
    _ body: (Float, ArraySlice<UnsafeRawBufferPointer>, Float) throws(LanguageModelError) -> Void
  ) throws(LanguageModelError) {
    try expect("\\\(order)-grams:", missing: "its section is missing, repeated or out of place")
    var read = 0
    while let line = try lines.next() {
      if line.first == UInt8(ascii: "\\") {
        pending = line
        break
      }
      split(line)
      if fields.isEmpty { continue }
      guard read < counts[order - 1] else { throw wrongCount(order, found: "more") }
      read += 1
      try readNgram(order: order, line, body)
    }
    guard pending != nil else {
      throw lines.error(
        .truncated, expected: "\(counts[order - 1]) \(order)-grams and what follows them",
        found: "the end of the file behind \(read)", remedy: LanguageModelError.fetchAgain)
    }
    guard read == counts[order - 1] else { throw wrongCount(order, found: "\(read)") }
  }

  /// Reads `\end\` and sees that nothing follows.
  mutating func finish() throws(LanguageModelError) {
    try expect("\\end\\", missing: "the file is cut short, or has a section that its header has not")
    while let line = try lines.next() {
      guard isBlank(line) else {
        throw lines.error(
          .malformed, expected: "nothing behind \\end\\", found: shown(line), remedy: "remove it")
      }
    }
  }

  private func readNgram(
    order: Int, _ line: UnsafeRawBufferPointer,
    _ body: (Float, ArraySlice<UnsafeRawBufferPointer>, Float) throws(LanguageModelError) -> Void
  ) throws(LanguageModelError) {
    guard fields.count == order + 1 || fields.count == order + 2 else {
      throw lines.error(
        .malformed,
        expected: "log10 P, \(order) \(order == 1 ? "word" : "words") and at most a back-off",
        found: "\(fields.count) \(fields.count == 1 ? "field" : "fields"): \(shown(line))",
        remedy: "correct the line")
    }
    guard let probability = decimalNumber(fields[0]), probability <= 0 else {
      throw lines.error(
        .invalidNumber, expected: "log10 of a probability: a finite number up to 0", found: shown(fields[0]),
        remedy: "estimate the model again, or write -99 for a probability of 0")
    }
    var backoff: Float = 0
    if fields.count == order + 2 {
      guard let number = decimalNumber(fields[order + 1]) else {
        throw lines.error(
          .invalidNumber, expected: "log10 of a back-off: a finite number", found: shown(fields[order + 1]),
          remedy: "estimate the model again")
      }
      guard order < counts.count || number == 0 else {
        throw lines.error(
          .malformed, expected: "no back-off on n-grams of the highest order, \(order)",
          found: shown(fields[order + 1]), remedy: "correct the line or the header")
      }
      backoff = number
    }
    try body(probability, fields[1...order], backoff)
  }

  private mutating func expect(_ marker: String, missing reason: String) throws(LanguageModelError) {
    var line = pending
    pending = nil
    while line == nil || line.map(isBlank) == true {
      line = try lines.next()
      if line == nil { break }
    }
    guard let line, trimmed(line).elementsEqual(marker.utf8) else {
      throw lines.error(
        line == nil ? .truncated : .missing, expected: marker, found: shown(line), remedy: reason)
    }
  }

  private func wrongCount(_ order: Int, found: String) -> LanguageModelError {
    lines.error(
      .wrongCount,
      expected: "\(counts[order - 1]) \(order)-grams, as line \(countLines[order - 1]) says", found: found,
      remedy: "the file is damaged or was edited: correct the header")
  }

  private mutating func split(_ line: UnsafeRawBufferPointer) {
    fields.removeAll(keepingCapacity: true)
    var start: Int?
    for index in 0..<line.count {
      if isSpace(line[index]) {
        if let begin = start { fields.append(UnsafeRawBufferPointer(rebasing: line[begin..<index])) }
        start = nil
      } else if start == nil {
        start = index
      }
    }
    if let start { fields.append(UnsafeRawBufferPointer(rebasing: line[start...])) }
  }
}

extension LineReader {
  /// An error at the line that was given last.
  func error(
    _ kind: LanguageModelError.Kind, expected: String, found: String, remedy: String
  ) -> LanguageModelError {
    LanguageModelError(
      kind, path: path, line: max(1, number), expected: expected, found: found, remedy: remedy)
  }
}

/// What separates fields: NUL and ASCII's white space, as in KenLM.
@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D || byte == 0 }

private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool { line.allSatisfy(isSpace) }

private func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var line = line[...]
  while let last = line.last, isSpace(last) { line = line.dropLast() }
  return UnsafeRawBufferPointer(rebasing: line)
}

func shown(_ bytes: UnsafeRawBufferPointer?) -> String {
  guard let bytes else { return "the end of the file" }
  return "'\(String(decoding: bytes.prefix(100), as: UTF8.self))'"
}
