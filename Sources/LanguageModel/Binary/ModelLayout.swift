/// What a model's binary form holds, and where: the header as values, and the sections' places that follow
/// from it. Docs/language-models.md has the table.
struct ModelLayout: Equatable {
  /// Bits of a probability and of a back-off; nil for 32-bit floats.
  var quantizationBits: Int?
  var wordCount: Int
  /// How many n-grams there are of each order; at least one order.
  var ngramCounts: [Int]
  /// Slots of the hash tables of n-grams, of order 2 on.
  var slotCounts: [Int]
  /// The most slots that a search passes over.
  var ngramProbes: Int
  /// How many n-grams are states, the empty context included.
  var stateCount: Int
  /// Slots of the vocabulary's hash table, and the most that a search passes over.
  var wordSlots: Int
  var wordProbes: Int
  /// Bytes of all words.
  var textBytes: Int
  var sentenceStart: UInt32
  var sentenceEnd: UInt32
  /// Of all bytes behind the header.
  var checksum: UInt64 = 0

  static let magic = Array("WARBNGRM".utf8)
  static let version: UInt32 = 1
  /// Read as another number where the order of bytes is another one.
  static let byteOrder: UInt32 = 0x0102_0304
  /// Bytes of the header before what depends on the order.
  static let fixedBytes = 96
  /// Sections begin at multiples of a cache line.
  private static let alignment = 64

  var order: Int { ngramCounts.count }
  /// Where the nodes of order k end, for k from 0, the empty context alone, to the model's order less 1, or
  /// 1: nodes of unigrams stand in the order of words, those of longer n-grams in the slots of their hash
  /// tables.
  var nodeEnds: [Int] {
    slotCounts.dropLast().reduce(into: [1, 1 + wordCount]) { ends, count in
      ends.append(ends[ends.count - 1] + count)
    }
  }
  var nodeCount: Int { 1 + wordCount + codedNodeCount }
  /// Nodes of order 2 and more, whose numbers are codes where anything is quantised.
  private var codedNodeCount: Int { slotCounts.dropLast().reduce(0, +) }
  private var leafCount: Int { slotCounts.last ?? 0 }
  /// Bits of a key that are the word's.
  var wordBits: Int { quantizationBits == nil ? 32 : Self.bits(wordCount) }

  /// Bits that numbers below `count` take.
  static func bits(_ count: Int) -> Int { Int.bitWidth - max(0, count - 1).leadingZeroBitCount }

  /// Bytes of a node of order 2 and more, and of an n-gram of the highest order.
  var nodeStride: Int { quantizationBits == nil ? 24 : 20 }
  var leafStride: Int { quantizationBits == nil ? 16 : 12 }
  var headerBytes: Int { aligned(Self.headerEnd(order) + 8) }
  static func headerEnd(_ order: Int) -> Int { fixedBytes + 8 * (2 * order - 1) }

  /// The sections, in the file's order.
  struct Places: Equatable {
    /// Nodes of the empty context and of unigrams.
    var unigrams: Range<Int>
    /// Nodes of order 2 on, but for the highest order; by order.
    var nodes: Range<Int>
    /// N-grams of the highest order, if it is above 1.
    var leaves: Range<Int>
    /// (order from 2 on, code) of Float, of probabilities and then of back-offs; empty without quantisation.
    var codebooks: Range<Int>
    /// Slots of UInt32 id, UInt32 lower half of the hash.
    var words: Range<Int>
    /// (word + 1) of UInt32.
    var offsets: Range<Int>
    var text: Range<Int>
    /// Bytes of the file.
    var end: Int
  }

  var places: Places {
    var end = headerBytes
    func section(_ count: Int, _ stride: Int) -> Range<Int> {
      let start = end
      end = aligned(start + count * stride)
      return start..<start + count * stride
    }
    let codebook = quantizationBits.map { (order - 1) << $0 } ?? 0
    return Places(
      unigrams: section(1 + wordCount, 24), nodes: section(codedNodeCount, nodeStride),
      leaves: section(leafCount, leafStride), codebooks: section(2 * codebook, 4),
      words: section(wordSlots, 8),
      offsets: section(wordCount + 1, 4), text: section(textBytes, 1), end: end)
  }

  private func aligned(_ offset: Int) -> Int { (offset + Self.alignment - 1) & ~(Self.alignment - 1) }
}
