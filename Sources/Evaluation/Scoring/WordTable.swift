/// Numbers for the distinct words of a pair of texts: a hash table whose entries become stale, not removed, when
/// the next pair begins.
struct WordTable {
  private struct Entry {
    var pair: UInt32 = 0
    var number: UInt32 = 0
    var hash: UInt64 = 0
    var place = 0..<0
  }

  private var entries: [Entry] = []
  private var mask = 0
  private var pair: UInt32 = 0
  /// Distinct words so far.
  private(set) var count = 0

  static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

  /// FNV-1a (Fowler, Noll and Vo), a byte further.
  @inline(__always) static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  /// Forgets all words.
  /// - Parameter most: words that can come at most, twice as many at least: the bytes of the texts.
  mutating func begin(most: Int) {
    count = 0
    pair &+= 1
    let capacity = 1 << (Int.bitWidth - max(15, most).leadingZeroBitCount)
    if capacity > entries.count || pair == 0 {
      entries = [Entry](repeating: Entry(), count: max(capacity, entries.count))
      pair = 1
    }
    mask = capacity - 1
  }

  /// The number of the word at a place.
  mutating func number(of place: Range<Int>, hash: UInt64, in bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
    while entries[slot].pair == pair {
      if entries[slot].hash == hash, bytes[entries[slot].place].elementsEqual(bytes[place]) {
        return entries[slot].number
      }
      slot = (slot + 1) & mask
    }
    entries[slot] = Entry(pair: pair, number: UInt32(count), hash: hash, place: place)
    count += 1
    return UInt32(count - 1)
  }
}
