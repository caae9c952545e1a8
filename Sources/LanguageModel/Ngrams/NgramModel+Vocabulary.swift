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
    let hash = hash(of: word)
    let check = UInt32(truncatingIfNeeded: hash)
    let slots = layout.wordSlots
    var slot = place(hash, among: slots)
    let start = places.words.lowerBound
    for _ in 0...layout.wordProbes {
      let id = memory.bytes.load(fromByteOffset: start + 8 * slot, as: UInt32.self)
      if id == 0 { break }
      let stored = memory.bytes.load(fromByteOffset: start + 8 * slot + 4, as: UInt32.self)
      if stored == check, let text = text(of: id), text.elementsEqual(word) { return WordID(rawValue: id) }
      slot = slot + 1 == slots ? 0 : slot + 1
    }
    return .unknown
  }

  /// A word as the file has it; bytes that are no UTF-8 are shown as U+FFFD.
  /// - Precondition: the id is below `wordCount`.
  public func word(_ id: WordID) -> String {
    precondition(Int(id.rawValue) < wordCount, "word \(id.rawValue) of \(wordCount)")
    return String(decoding: text(of: id.rawValue) ?? UnsafeRawBufferPointer(start: nil, count: 0), as: UTF8.self)
  }

  /// The bytes of a word; nil if there is no such word or the file is damaged.
  func text(of id: UInt32) -> UnsafeRawBufferPointer? {
    guard Int(id) < wordCount else { return nil }
    let place = places.offsets.lowerBound + 4 * Int(id)
    let start = Int(memory.bytes.load(fromByteOffset: place, as: UInt32.self))
    let end = Int(memory.bytes.load(fromByteOffset: place + 4, as: UInt32.self))
    guard start <= end, end <= layout.textBytes else { return nil }
    let text = places.text.lowerBound
    return UnsafeRawBufferPointer(rebasing: memory.bytes[text + start..<text + end])
  }
}
