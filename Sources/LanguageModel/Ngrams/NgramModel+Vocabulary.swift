extension NgramModel {
  /// How many words there are, `<unk>` and the marks of a sentence's ends included: ids are below it.
  public var wordCount: Int { layout.wordCount }

  /// `<s>`, which only stands in contexts.
  public var sentenceStart: WordID { WordID(rawValue: layout.sentenceStart) }

  /// `</s>`.
  public var sentenceEnd: WordID { WordID(rawValue: layout.sentenceEnd) }

  public func id(of word: String) -> WordID {
    var word = word
    return word.withUTF8 { id(ofUTF8: UnsafeRawBufferPointer($0)) }
  }

  /// The id of a word's bytes.
  public func id(ofUTF8 word: UnsafeRawBufferPointer) -> WordID {
    WordID(rawValue: tables.id(of: word))
  }

  /// A word as the file has it; bytes that are no UTF-8 are shown as U+FFFD.
  /// - Precondition: the id is below `wordCount`.
  public func word(_ id: WordID) -> String {
    precondition(Int(id.rawValue) < wordCount, "word \(id.rawValue) of \(wordCount)")
    return String(
      decoding: tables.text(of: id.rawValue) ?? UnsafeRawBufferPointer(start: nil, count: 0), as: UTF8.self)
  }
}
