/// The words of a model while it is being read, numbered as they come; `<unk>` is 0.
struct VocabularyBuilder {
  /// The words' bytes, one after another; `<unk>` first.
  private(set) var bytes: [UInt8]
  /// Where each word begins, and where the last one ends.
  private(set) var offsets: [UInt32]
  /// Open addressing with linear probing, at most half full; 0 is an empty slot.
  private var slots = [UInt32](repeating: 0, count: 64)

  init() {
    bytes = Array("<unk>".utf8)
    offsets = [0, UInt32(bytes.count)]
  }

  var count: Int { offsets.count - 1 }

  /// Whether it is the word for unknown words; `<UNK>` too, as in KenLM.
  static func isUnknown(_ word: UnsafeRawBufferPointer) -> Bool {
    word.count == 5 && (word.elementsEqual("<unk>".utf8) || word.elementsEqual("<UNK>".utf8))
  }

  /// The id of a word that is there.
  func id(of word: UnsafeRawBufferPointer) -> UInt32? {
    if Self.isUnknown(word) { return 0 }
    let id = slots[slot(word)]
    return id == 0 ? nil : id
  }

  func id(of word: String) -> UInt32? {
    Array(word.utf8).withUnsafeBytes { id(of: $0) }
  }

  func text(_ id: UInt32) -> String {
    String(decoding: bytes[Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])], as: UTF8.self)
  }

  /// Adds a word.
  /// - Returns: its id; nil if it is there already.
  mutating func insert(
    _ word: UnsafeRawBufferPointer, _ lines: LineReader
  ) throws(LanguageModelError) -> UInt32? {
    if 2 * count >= slots.count { grow() }
    let slot = slot(word)
    guard slots[slot] == 0 else { return nil }
    guard bytes.count + word.count <= Int(UInt32.max) else {
      throw lines.error(
        .tooLarge, expected: "words of less than 4 GiB in all", found: "more", remedy: "prune the model")
    }
    slots[slot] = UInt32(count)
    bytes.append(contentsOf: word)
    offsets.append(UInt32(bytes.count))
    return slots[slot]
  }

  private func slot(_ word: UnsafeRawBufferPointer) -> Int {
    var slot = Int(truncatingIfNeeded: hash(of: word)) & (slots.count - 1)
    while slots[slot] != 0 {
      let id = Int(slots[slot])
      if bytes[Int(offsets[id])..<Int(offsets[id + 1])].elementsEqual(word) { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 2 * slots.count)
    bytes.withUnsafeBytes { bytes in
      for id in 1..<max(1, count) {
        let word = UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[id])..<Int(offsets[id + 1])])
        var slot = Int(truncatingIfNeeded: hash(of: word)) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(id)
      }
    }
  }
}

/// A hash of a word's bytes, eight at a time. The binary form's vocabulary rests on it.
@inline(__always)
func hash(of word: UnsafeRawBufferPointer) -> UInt64 {
  func eight(_ index: Int) -> UInt64 {
    UInt64(littleEndian: word.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }
  func four(_ index: Int) -> UInt64 {
    UInt64(UInt32(littleEndian: word.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
  }
  let count = word.count
  var hash = UInt64(count)
  var index = 0
  while index + 8 < count {
    hash = mixed(hash ^ eight(index))
    index += 8
  }
  // The last bytes, whichever fit: they may have been taken before.
  let rest =
    switch count {
    case 8...: eight(count - 8)
    case 4...: four(0) << 32 | four(count - 4)
    case 1...: UInt64(word[0]) << 16 | UInt64(word[count / 2]) << 8 | UInt64(word[count - 1])
    default: 0 as UInt64
    }
  return mixed(hash &* 0x9FB2_1C65_1E98_DF25 ^ rest)
}
