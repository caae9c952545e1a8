extension NgramModel {
  /// An n-gram of order 2 or more as the table holds it.
  struct Entry {
    var context: UInt32
    var word: UInt32
    /// log10.
    var probability: Float
    var next: UInt32

    /// In the order of contexts, and of words in them.
    var key: UInt64 { UInt64(context) << 32 | UInt64(word) }
  }

  /// Calls `body` with every n-gram of order 2 and more, in the table's order. In a damaged file those are left
  /// out whose context or word is none.
  /// - Throws: what `body` throws.
  func forEachEntry<Failure: Error>(_ body: (Entry) throws(Failure) -> Void) throws(Failure) {
    let bits = UInt64(layout.quantizationBits ?? 0)
    let wordBits = UInt64(layout.wordBits)
    for slot in 0..<layout.ngramSlots {
      let offset = places.ngrams.lowerBound + slot * layout.ngramStride
      let stored = memory.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if stored == 0 { continue }
      let key = stored >> bits
      let context = UInt32(truncatingIfNeeded: key >> wordBits)
      let word = UInt32(truncatingIfNeeded: key & (1 << wordBits - 1))
      guard context > 0, Int(context) < layout.stateCount, Int(word) < layout.wordCount else { continue }
      let probability = log10Probability(slotAt: offset, code: stored, context: context)
      let next = memory.bytes.loadUnaligned(
        fromByteOffset: offset + layout.ngramStride - 4, as: UInt32.self)
      try body(Entry(context: context, word: word, probability: probability, next: bounded(next)))
    }
  }

  private func bounded(_ state: UInt32) -> UInt32 { Int(state) < layout.stateCount ? state : 0 }

  private func log10Probability(slotAt offset: Int, code: UInt64, context: UInt32) -> Float {
    guard layout.quantizationBits != nil else {
      return memory.bytes.load(fromByteOffset: offset + 8, as: Float.self)
    }
    return tables.level(code, codebook: layout.order(ofState: Int(context)) - 1)
  }
}
