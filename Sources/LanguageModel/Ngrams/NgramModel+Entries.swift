extension NgramModel {
  /// An n-gram of order 2 or more as the tables hold it.
  struct Entry {
    /// Its slot among those of its order.
    var slot: Int
    /// The node of all its words but the last one.
    var context: UInt32
    var word: UInt32
    /// log10.
    var probability: Float
    /// log10; 0 for none.
    var backoff: Float
    /// The longest shorter state, as stored.
    var link: UInt32
  }

  /// Calls `body` with every n-gram of an order above 1, by slots. In a damaged file those are left out whose
  /// context or word is none.
  func forEachEntry(order: Int, _ body: (Entry) -> Void) {
    let bits = UInt64(layout.quantizationBits ?? 0)
    let isLeaf = order == layout.order
    let stride = isLeaf ? layout.leafStride : layout.nodeStride
    let ends = layout.nodeEnds
    let contexts = ends[order - 2]..<ends[order - 1]
    let wordBits = UInt64(layout.wordBits)
    // Behind the last context comes the first node of the order.
    let firstNode = contexts.upperBound
    let first =
      isLeaf ? places.leaves.lowerBound : places.nodes.lowerBound + stride * (firstNode - ends[1])
    for slot in 0..<layout.slotCounts[order - 2] {
      let offset = first + stride * slot
      let stored = memory.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if stored == 0 { continue }
      let key = stored >> bits
      let context = key >> wordBits
      let word = key & (1 << wordBits - 1)
      guard contexts.contains(Int(context)), Int(word) < layout.wordCount else { continue }
      let probability =
        bits == 0
        ? memory.bytes.load(fromByteOffset: offset + 8, as: Float.self)
        : tables.level(stored, codebook: order - 2)
      let link = bits == 0 ? (isLeaf ? 12 : 16) : 8
      body(
        Entry(
          slot: slot, context: UInt32(context), word: UInt32(word), probability: probability,
          backoff: isLeaf ? 0 : tables.backoff(UInt32(firstNode + slot)),
          link: memory.bytes.load(fromByteOffset: offset + link, as: UInt32.self)))
    }
  }
}
