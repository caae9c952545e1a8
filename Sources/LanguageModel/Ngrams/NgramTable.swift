/// The n-grams of one order while a model is being read, each by its number: first come, first numbered.
///
/// An n-gram is a path in a trie: the number of its first n - 1 words among those of the order below, and its
/// last word. Unigrams are numbered by their words.
struct NgramTable {
  /// What an n-gram says.
  struct Entry {
    /// Number of the first n - 1 words in the order below, in the upper half; the last word in the lower.
    var key: UInt64
    /// log10.
    var probability: Float
    /// log10; 0 for none.
    var backoff: Float
    /// Number of the last n - 1 words in the order below.
    var suffix: UInt32
    /// Whether a longer n-gram begins with it.
    var isContext = false

    var prefix: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    var word: UInt32 { UInt32(truncatingIfNeeded: key) }
  }

  private(set) var entries: [Entry] = []
  /// Numbers of entries, open addressing with linear probing; twice to four times as many as entries.
  private var slots: [UInt32]
  private var shift: Int

  private static let empty = UInt32.max

  init() {
    slots = [UInt32](repeating: Self.empty, count: 16)
    shift = 60
  }

  static func key(prefix: UInt32, word: UInt32) -> UInt64 { UInt64(prefix) << 32 | UInt64(word) }

  /// The number of the n-gram with that key.
  func number(_ key: UInt64) -> UInt32? {
    let number = slots[slot(key)]
    return number == Self.empty ? nil : number
  }

  /// Adds an n-gram that is not there.
  /// - Returns: its number.
  mutating func append(_ entry: Entry) -> UInt32 {
    if entries.count * 2 >= slots.count { grow() }
    let number = UInt32(entries.count)
    slots[slot(entry.key)] = number
    entries.append(entry)
    return number
  }

  mutating func markContext(_ number: UInt32) { entries[Int(number)].isContext = true }

  mutating func setBackoff(_ number: UInt32, probability: Float, backoff: Float) {
    entries[Int(number)].probability = probability
    entries[Int(number)].backoff = backoff
  }

  /// Gives the index back, which only reading needs.
  mutating func dropIndex() { slots = [] }

  /// Where the key is, or the empty slot where it would be.
  private func slot(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: mixed(key) >> UInt64(shift))
    while true {
      let number = slots[slot]
      if number == Self.empty || entries[Int(number)].key == key { return slot }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private mutating func grow() {
    shift -= 1
    slots = [UInt32](repeating: Self.empty, count: 2 * slots.count)
    for (number, entry) in entries.enumerated() { slots[slot(entry.key)] = UInt32(number) }
  }
}

/// A hash of 64 bits whose upper bits depend on all of the key's: both halves of its product with an odd
/// number, one folded onto the other.
@inline(__always)
func mixed(_ key: UInt64) -> UInt64 {
  let product = (key ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}

/// A hash as a slot: the hash as a fraction of 2^64, times their number (Lemire 2019).
@inline(__always)
func place(_ hash: UInt64, among slots: Int) -> Int {
  Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: slots)).high)
}

/// The bit of a node's filter that says that some n-gram goes on from it with a key of that hash: of 32,
/// which the lower end of the hash chooses, as the upper one chooses the slot. Most contexts have few
/// n-grams, so that most words that do not follow are known not to without a look at the table.
@inline(__always)
func filterBit(_ hash: UInt64) -> UInt32 { 1 << UInt32(truncatingIfNeeded: hash & 31) }
