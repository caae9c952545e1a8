extension NgramTables {
  /// The id of a word's bytes.
  func id(of word: UnsafeRawBufferPointer) -> UInt32 {
    let hash = hash(of: word)
    var slot = place(hash, among: wordSlots)
    for _ in 0...wordProbes {
      let stored = words.load(fromByteOffset: 8 * slot, as: UInt64.self)
      let id = UInt32(truncatingIfNeeded: stored)
      if id == 0 { return 0 }
      if stored >> 32 == hash & 0xFFFF_FFFF, let text = text(of: id), areEqual(text, word) { return id }
      slot = slot + 1 == wordSlots ? 0 : slot + 1
    }
    return 0
  }

  /// The bytes of a word; nil if there is no such word or the file is damaged.
  @inline(__always)
  func text(of id: UInt32) -> UnsafeRawBufferPointer? {
    guard id < wordCount else { return nil }
    let start = Int(offsets.load(fromByteOffset: 4 * Int(id), as: UInt32.self))
    let end = Int(offsets.load(fromByteOffset: 4 * Int(id) + 4, as: UInt32.self))
    guard start <= end, end <= textBytes else { return nil }
    return UnsafeRawBufferPointer(start: text + start, count: end - start)
  }
}

/// Short as words are, a loop is faster than a call of `memcmp`.
@inline(__always)
private func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  guard a.count == b.count else { return false }
  guard let first = a.baseAddress, let second = b.baseAddress else { return true }
  var index = 0
  while index + 8 <= a.count {
    let (ours, theirs) = (
      first.loadUnaligned(fromByteOffset: index, as: UInt64.self),
      second.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    )
    if ours != theirs { return false }
    index += 8
  }
  while index < a.count {
    if first.load(fromByteOffset: index, as: UInt8.self) != second.load(fromByteOffset: index, as: UInt8.self)
    {
      return false
    }
    index += 1
  }
  return true
}
