import Vocabulary

/// The words and characters of the two texts of a pair, as numbers: equal ones have equal numbers.
///
/// A word is compared by its bytes in form NFC. A character is a Unicode scalar, its number its value; one space
/// is counted between what white space separates. Memory is used again for the next pair.
struct TextUnits {
  struct Side {
    var words: [UInt32] = []
    var characters: [UInt32] = []
    /// Of the words, in the bytes of both texts.
    fileprivate var places: [Range<Int>] = []
    /// Of the characters, or the space.
    fileprivate var largest: UInt32 = 0x20
  }

  private(set) var reference = Side()
  private(set) var hypothesis = Side()
  /// Numbers of characters are below it.
  private(set) var characterLimit = 0
  private let unit: WordUnit
  private var table = WordTable()
  private var bytes: [UInt8] = []

  init(unit: WordUnit) { self.unit = unit }

  /// Numbers of words are below it.
  var wordLimit: Int { table.count }

  mutating func load(reference: String, hypothesis: String) {
    bytes.removeAll(keepingCapacity: true)
    append(reference)
    let middle = bytes.count
    append(hypothesis)
    table.begin(most: bytes.count)
    // Taken out of self, which the bytes are read from meanwhile.
    var table = WordTable()
    swap(&table, &self.table)
    (self.reference, self.hypothesis) = bytes.withUnsafeBufferPointer { bytes in
      (Side(bytes, 0..<middle, unit, &table), Side(bytes, middle..<bytes.count, unit, &table))
    }
    swap(&table, &self.table)
    characterLimit = Int(max(self.reference.largest, self.hypothesis.largest)) + 1
  }

  /// The words of a side as text.
  func texts(of side: Side) -> [String] { side.places.map { String(decoding: bytes[$0], as: UTF8.self) } }

  /// The words of one text.
  static func words(of text: String, unit: WordUnit) -> [String] {
    var units = TextUnits(unit: unit)
    units.load(reference: text, hypothesis: "")
    return units.texts(of: units.reference)
  }

  private mutating func append(_ text: String) {
    let first = bytes.count
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
    // Lead bytes below 0xCC are of scalars below U+0300, of which no two make one and none is made of others.
    guard bytes[first...].contains(where: { $0 >= 0xCC }) else { return }
    text = text.inNormalizationFormC
    bytes.removeLast(bytes.count - first)
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }
}

extension TextUnits.Side {
  fileprivate init(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ unit: WordUnit, _ table: inout WordTable
  ) {
    var splitter = TextSplitter(unit: unit, bytes: range.count)
    characters = [UInt32](unsafeUninitializedCapacity: range.count) { characters, count in
      count = splitter.split(bytes, range, into: characters, &table)
    }
    (words, places, largest) = (splitter.words, splitter.places, splitter.largest)
  }
}

/// Walks once through the bytes of a text.
private struct TextSplitter {
  let unit: WordUnit
  var words: [UInt32] = []
  var places: [Range<Int>] = []
  var largest: UInt32 = 0x20
  /// Of the word that has begun; negative between words.
  private var start = -1
  private var hash = WordTable.seed

  init(unit: WordUnit, bytes: Int) {
    self.unit = unit
    words.reserveCapacity(bytes / 4)
    places.reserveCapacity(bytes / 4)
  }

  /// - Returns: how many characters there are.
  mutating func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    into characters: UnsafeMutableBufferPointer<UInt32>, _ table: inout WordTable
  ) -> Int {
    var count = 0
    var place = range.lowerBound
    var isSpacePending = false
    while place < range.upperBound {
      let byte = bytes[place]
      let (scalar, length) = byte < 0x80 ? (UInt32(byte), 1) : decoded(bytes, place)
      if byte <= 0x20 || byte >= 0x80, isWhite(scalar) {
        finish(place, bytes, &table)
        isSpacePending = count > 0
        place += length
        continue
      }
      if isSpacePending {
        characters[count] = 0x20
        count += 1
        isSpacePending = false
      }
      characters[count] = scalar
      count += 1
      largest = max(largest, scalar)
      let isWord = isWrittenWithoutSpaces(scalar) && unit == .mixed
      if isWord { finish(place, bytes, &table) }
      if start < 0 { start = place }
      let end = place + length
      while place < end {
        hash = WordTable.hash(hash, bytes[place])
        place += 1
      }
      if isWord { finish(place, bytes, &table) }
    }
    finish(place, bytes, &table)
    return count
  }

  @inline(__always)
  private mutating func finish(
    _ end: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ table: inout WordTable
  ) {
    guard start >= 0 else { return }
    words.append(table.number(of: start..<end, hash: hash, in: bytes))
    places.append(start..<end)
    start = -1
    hash = WordTable.seed
  }
}

@inline(__always)
private func isWhite(_ scalar: UInt32) -> Bool {
  scalar == 0x20 || isSpace(Unicode.Scalar(scalar) ?? "x")
}

/// The scalar that begins at a place of valid UTF-8, and how many bytes it has.
@inline(__always)
private func decoded(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> (UInt32, Int) {
  let first = UInt32(bytes[place])
  func next(_ offset: Int) -> UInt32 { UInt32(bytes[place + offset]) & 0x3F }
  if first < 0xE0 { return ((first & 0x1F) << 6 | next(1), 2) }
  if first < 0xF0 { return ((first & 0x0F) << 12 | next(1) << 6 | next(2), 3) }
  return ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
}
