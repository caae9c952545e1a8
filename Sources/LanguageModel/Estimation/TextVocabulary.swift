/// Words and their numbers, counted from 0 in the order in which they came. All of it is in memory: about 16
/// bytes a word besides its own.
struct TextVocabulary {
  /// `<unk>`, `<s>` and `</s>` come first, in every table.
  static let unknown: UInt32 = 0
  static let beginning: UInt32 = 1
  static let end: UInt32 = 2

  private var bytes: [UInt8] = []
  /// Where each word ends in `bytes`.
  private var ends: [Int] = []
  /// Open addressing: a word's number, or `vacant`. Never more than half full.
  private var slots = [UInt32](repeating: vacant, count: 1 << 10)
  private static let vacant = UInt32.max

  init() {
    for marker in ["<unk>", "<s>", "</s>"] { marker.utf8CString.withUnsafeBytes { _ = add($0.dropLast()) } }
  }

  var count: Int { ends.count }

  /// The bytes of a word.
  subscript(word: UInt32) -> ArraySlice<UInt8> {
    let word = Int(word)
    return bytes[(word == 0 ? 0 : ends[word - 1])..<ends[word]]
  }

  /// The number of a word that is there.
  func number(of word: UnsafeRawBufferPointer) -> UInt32? {
    let number = slots[slot(of: word)]
    return number == Self.vacant ? nil : number
  }

  /// The number of a word, which is added if it is new.
  mutating func add(_ word: Slice<UnsafeRawBufferPointer>) -> UInt32 {
    add(UnsafeRawBufferPointer(rebasing: word))
  }

  /// The number of a word, which is added if it is new.
  mutating func add(_ word: UnsafeRawBufferPointer) -> UInt32 {
    let place = slot(of: word)
    if slots[place] != Self.vacant { return slots[place] }
    let number = UInt32(count)
    slots[place] = number
    bytes.append(contentsOf: word)
    ends.append(bytes.count)
    if 2 * count > slots.count { grow() }
    return number
  }

  /// Where a word stands, or would stand.
  private func slot(of word: UnsafeRawBufferPointer) -> Int {
    let mask = slots.count - 1
    var place = Self.hash(word) & mask
    while slots[place] != Self.vacant {
      let known = self[slots[place]]
      if known.count == word.count && known.elementsEqual(word) { return place }
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    slots = [UInt32](repeating: Self.vacant, count: 2 * slots.count)
    let mask = slots.count - 1
    for number in 0..<UInt32(count) {
      var place = self[number].withUnsafeBytes { Self.hash($0) } & mask
      while slots[place] != Self.vacant { place = (place + 1) & mask }
      slots[place] = number
    }
  }

  /// FNV-1a (Fowler, Noll and Vo), its high bits mixed into the low ones.
  private static func hash(_ word: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) & 0x7fff_ffff_ffff_ffff)
  }
}
