/// Sentences of texts, one a line, as numbers of words.
struct SentenceReader {
  /// What a word is.
  enum Unit: Sendable {
    /// What stands between white space.
    case words
    /// Every character (Unicode scalar); white space between characters is the word `|`.
    case characters
  }

  private let unit: Unit
  /// Whether words that are not in the table are added to it; otherwise they are `<unk>`.
  private let isOpen: Bool
  private(set) var words: TextVocabulary

  /// - Parameter vocabulary: a file with the only words there are, between white space; nil to find them in
  ///   the texts.
  init(unit: Unit, vocabulary: String?) throws(LanguageModelError) {
    self.unit = unit
    isOpen = vocabulary == nil
    words = TextVocabulary()
    guard let vocabulary else { return }
    let lines = try LineReader(path: vocabulary)
    var reader = SentenceReader()
    var sentence: [UInt32] = []
    while let line = try lines.next() { try reader.split(line, into: &sentence, at: lines) }
    guard reader.words.count > 3 else {
      throw LanguageModelError(
        .missing, path: vocabulary, expected: "words between white space", found: "none",
        remedy: "name a file of words")
    }
    words = reader.words
  }

  private init() {
    unit = .words
    isOpen = true
    words = TextVocabulary()
  }

  /// Calls `body` with the words of each line, without `<s>` and `</s>`; an empty line is a sentence too.
  /// - Parameter path: a text, plain or gzip'd; `-` is standard input.
  mutating func read(
    _ path: String, watch: EstimationWatch, _ body: ([UInt32]) throws(LanguageModelError) -> Void
  ) throws(LanguageModelError) {
    let lines = try LineReader(path: path == "-" ? "/dev/stdin" : path)
    var sentence: [UInt32] = []
    while let line = try lines.next() {
      try watch.tick()
      sentence.removeAll(keepingCapacity: true)
      try split(line, into: &sentence, at: lines)
      try body(sentence)
    }
  }

  private mutating func split(
    _ line: UnsafeRawBufferPointer, into sentence: inout [UInt32], at lines: LineReader
  ) throws(LanguageModelError) {
    var start = 0
    while true {
      while start < line.count && isSpace(line[start]) { start += 1 }
      guard start < line.count else { return }
      if unit == .characters && !sentence.isEmpty {
        sentence.append(
          try Self.space.withUnsafeBufferPointer { space throws(LanguageModelError) in
            try number(of: UnsafeRawBufferPointer(space), at: lines)
          })
      }
      var end = start
      while end < line.count && !isSpace(line[end]) {
        let first = end
        end += 1
        if unit == .words { continue }
        // The bytes that go on with a character in UTF-8.
        while end < line.count && line[end] & 0xC0 == 0x80 { end += 1 }
        let character = UnsafeRawBufferPointer(rebasing: line[first..<end])
        if character.elementsEqual(Self.space) { throw Self.taken(lines) }
        sentence.append(try number(of: character, at: lines))
      }
      if unit == .words {
        sentence.append(try number(of: UnsafeRawBufferPointer(rebasing: line[start..<end]), at: lines))
      }
      start = end
    }
  }

  private mutating func number(of word: UnsafeRawBufferPointer, at lines: LineReader)
    throws(LanguageModelError) -> UInt32
  {
    if let number = words.number(of: word) {
      if number > TextVocabulary.end { return number }
      throw LanguageModelError(
        .malformed, path: lines.path, line: lines.number, expected: "text",
        found: "\(String(decoding: word, as: UTF8.self)), which has a meaning of its own in language models",
        remedy: "leave it out of the text")
    }
    guard isOpen else { return TextVocabulary.unknown }
    guard String(validating: word, as: UTF8.self) != nil else {
      throw LanguageModelError(
        .malformed, path: lines.path, line: lines.number, expected: "text in UTF-8",
        found: "other bytes", remedy: "convert the text to UTF-8")
    }
    guard words.count < Int(UInt32.max) - 1 else {
      throw LanguageModelError(
        .tooLarge, path: lines.path, line: lines.number,
        expected: "at most \(UInt32.max - 1) different words",
        found: "more", remedy: "check that this is a text")
    }
    return words.add(word)
  }

  /// The word that stands for white space between characters.
  private static let space = [UInt8(ascii: "|")]

  private static func taken(_ lines: LineReader) -> LanguageModelError {
    LanguageModelError(
      .malformed, path: lines.path, line: lines.number, expected: "text without |",
      found: "one, which stands for the space here", remedy: "leave it out of the text")
  }
}
