/// Counts the n-grams of the highest order: a block of different ones with their counts, spilled when it is
/// full.
///
/// A sentence w_1 ... w_m is counted behind order - 1 times `<s>`: an n-gram ends at every word and at `</s>`
/// (as lmplz has it). Lower orders follow from these (``AdjustedCounts``).
final class NgramCounter {
  private let order: Int
  private let block: RecordBlock
  /// Open addressing: places in the block, or -1. At most two thirds full.
  private var table: UnsafeMutableBufferPointer<Int32>
  private var runs: SortedRuns
  /// The n-gram in hand, last word first, and its count.
  private var record: [UInt32]

  /// - Parameter memory: bytes of the block, its table and its sorting; at least two n-grams are kept.
  init(order: Int, memory: Int) throws(LanguageModelError) {
    self.order = order
    let stride = NgramRecord.stride(order: order, values: 1)
    // The table has 2 to 4 slots of 4 bytes an n-gram, or less where it cannot grow further.
    let capacity = min(
      max(2, memory / (4 * stride + RecordBlock.sortingBytes + 12)), Int(Int32.max) / 2)
    block = RecordBlock(stride: stride, keyWords: order, capacity: capacity)
    var slots = 4
    while 2 * slots < 3 * capacity { slots *= 2 }
    table = .allocate(capacity: slots)
    runs = try SortedRuns(stride: stride, keyWords: order)
    record = [UInt32](repeating: 0, count: stride)
    clear()
  }

  deinit { table.deallocate() }

  /// Counts the n-grams of a sentence.
  func add(_ sentence: [UInt32]) throws(LanguageModelError) {
    for place in 1..<order { record[place] = TextVocabulary.beginning }
    for word in sentence { try add(word) }
    try add(TextVocabulary.end)
  }

  /// Spills what is left; nothing can be added then.
  func finish() throws(LanguageModelError) -> SortedRuns {
    if block.count > 0 { try runs.append(block) }
    return runs
  }

  /// Counts the n-gram that ends with this word.
  private func add(_ word: UInt32) throws(LanguageModelError) {
    record[0] = word
    let slot = self.slot
    let known = table[slot]
    if known >= 0 {
      let found = block[Int(known)]
      NgramRecord.set(value: NgramRecord.value(found, order) + 1, found, order)
    } else if block.count < block.capacity {
      insert(slot)
    } else {
      try runs.append(block)
      clear()
      insert(self.slot)
    }
    for place in (1..<order).reversed() { record[place] = record[place - 1] }
  }

  private func insert(_ slot: Int) {
    table[slot] = Int32(block.count)
    record.withUnsafeMutableBufferPointer { record in
      let record = record.baseAddress!
      NgramRecord.set(value: 1, record, order)
      block.append(record)
    }
  }

  /// Where the n-gram in hand stands in the table, or would stand.
  private var slot: Int {
    let mask = table.count - 1
    return record.withUnsafeBufferPointer { record in
      let record = record.baseAddress!
      var hash: UInt64 = 0
      for place in 0..<order { hash = (hash ^ UInt64(record[place])) &* 0x9e37_79b9_7f4a_7c15 }
      var slot = Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & UInt64(mask))
      while table[slot] >= 0 && !NgramRecord.haveEqualWords(record, block[Int(table[slot])], order) {
        slot = (slot + 1) & mask
      }
      return slot
    }
  }

  private func clear() { table.update(repeating: -1) }
}
