/// As many records as memory allows, to be sorted there and spilled into a file.
final class RecordBlock {
  let stride: Int
  let keyWords: Int
  /// Records that fit.
  let capacity: Int
  private(set) var count = 0
  private let words: UnsafeMutablePointer<UInt32>

  /// What sorting needs a record: its place with the beginning of its key, and half as much for merging.
  static let sortingBytes = 24

  init(stride: Int, keyWords: Int, capacity: Int) {
    precondition(
      keyWords > 0 && keyWords <= stride && capacity > 0, "a key of \(keyWords) of \(stride) words")
    self.stride = stride
    self.keyWords = keyWords
    self.capacity = capacity
    // Pages that are never touched take no memory.
    words = .allocate(capacity: stride * capacity)
  }

  deinit { words.deallocate() }

  /// The words of a record.
  subscript(index: Int) -> UnsafeMutablePointer<UInt32> {
    assert(index < capacity)
    return words + stride * index
  }

  /// Adds a copy of a record; there must be room.
  func append(_ record: UnsafePointer<UInt32>) {
    precondition(count < capacity, "a block of \(capacity) records is full")
    self[count].update(from: record, count: stride)
    count += 1
  }

  /// Appends the records to a file, sorted by their keys, word by word, and is empty then.
  func spill(into file: RecordFile) throws(LanguageModelError) {
    var places = (0..<count).map { index in
      let record = self[index]
      let second = keyWords > 1 ? UInt64(record[1]) : 0
      return Place(beginning: UInt64(record[0]) << 32 | second, index: index)
    }
    places.sort { a, b in
      if a.beginning != b.beginning { return a.beginning < b.beginning }
      return isBefore(self[a.index], self[b.index])
    }
    for place in places { try file.append(self[place.index]) }
    try file.flush()
    count = 0
  }

  /// The first two words of a key as one number decide most comparisons without a look at the record.
  private struct Place {
    var beginning: UInt64
    var index: Int
  }

  private func isBefore(_ first: UnsafeMutablePointer<UInt32>, _ second: UnsafeMutablePointer<UInt32>) -> Bool
  {
    var word = 2
    while word < keyWords {
      if first[word] != second[word] { return first[word] < second[word] }
      word += 1
    }
    return false
  }
}
