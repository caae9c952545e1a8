/// What a model's binary form holds, and where: the header as values, and the sections' places that follow from
/// it. Docs/language-models.md has the table.
struct ModelLayout: Equatable {
  /// Bits of a probability and of a back-off; nil for 32-bit floats.
  var quantizationBits: Int?
  var wordCount: Int
  /// How many n-grams there are of each order; at least one order.
  var ngramCounts: [Int]
  /// Where the states of order k end, for k from 0 (the empty context alone) to the model's order less 1.
  var stateEnds: [Int]
  /// Where the slots of each order's n-grams end; 0 for unigrams, which need none.
  var slotEnds: [Int]
  /// The most slots that a search passes over.
  var ngramProbes: Int
  /// The same of the vocabulary's.
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
  private static let fixedBytes = 88
  /// Sections begin at multiples of a cache line.
  private static let alignment = 64

  var order: Int { ngramCounts.count }
  var stateCount: Int { stateEnds[stateEnds.count - 1] }
  /// States of order 2 and more, whose back-offs are quantised where anything is.
  var longStateCount: Int { order > 1 ? stateCount - stateEnds[1] : 0 }
  var ngramSlots: Int { slotEnds[slotEnds.count - 1] }
  /// The slots of the n-grams whose context has so many words.
  func slots(context order: Int) -> Range<Int> { slotEnds[order - 1]..<slotEnds[order] }
  /// Bits of a key that are the word's.
  var wordBits: Int { quantizationBits == nil ? 32 : Self.bits(wordCount) }

  /// Bits that numbers below `count` take.
  static func bits(_ count: Int) -> Int { Int.bitWidth - max(0, count - 1).leadingZeroBitCount }

  /// Bytes of a slot of the table of n-grams.
  var ngramStride: Int { quantizationBits == nil ? 16 : 12 }
  /// Bytes of a state.
  var stateStride: Int { quantizationBits == nil ? 16 : 12 }
  var headerBytes: Int { aligned(Self.fixedBytes + 24 * order + 8) }

  /// The sections, in the file's order.
  struct Places: Equatable {
    /// (word) of Float log10 P, UInt32 next state.
    var unigrams: Range<Int>
    /// (state) of what it backs off to: UInt32 state; Float log10 back-off, or UInt16 code with quantisation; and
    /// a filter of the words that follow it, 64 bits or 48.
    var states: Range<Int>
    /// With quantisation: (state of order 0 and 1) of Float log10 back-off.
    var backoffs: Range<Int>
    /// Slots of key, log10 P and next state.
    var ngrams: Range<Int>
    /// (order from 2 on, code) of Float, of probabilities and then of back-offs; empty without quantisation.
    var codebooks: Range<Int>
    /// Slots of UInt32 id, UInt32 upper half of the hash.
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
    let isQuantized = quantizationBits != nil
    let codebook = quantizationBits.map { (order - 1) << $0 } ?? 0
    return Places(
      unigrams: section(wordCount, 8), states: section(stateCount, stateStride),
      backoffs: section(isQuantized ? stateCount - longStateCount : 0, 4),
      ngrams: section(ngramSlots, ngramStride),
      codebooks: section(2 * codebook, 4), words: section(wordSlots, 8),
      offsets: section(wordCount + 1, 4), text: section(textBytes, 1), end: end)
  }

  /// The number of words of a state.
  func order(ofState state: Int) -> Int {
    var order = 0
    while order < stateEnds.count - 1 && state >= stateEnds[order] { order += 1 }
    return order
  }

  private func aligned(_ offset: Int) -> Int { (offset + Self.alignment - 1) & ~(Self.alignment - 1) }
}

extension ModelLayout {
  /// The header's bytes, with zeros up to the first section.
  var header: [UInt8] {
    var bytes = Self.magic
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(Self.version)
    append(Self.byteOrder)
    append(UInt64(places.end))
    append(UInt32(order))
    append(UInt32(quantizationBits ?? 0))
    for number in [wordCount, ngramProbes, wordSlots, wordProbes, textBytes] {
      append(UInt64(number))
    }
    append(sentenceStart)
    append(sentenceEnd)
    append(checksum)
    for number in ngramCounts + stateEnds + slotEnds { append(UInt64(number)) }
    append(bytes.withUnsafeBytes { LanguageModel.checksum($0) })
    return bytes + [UInt8](repeating: 0, count: headerBytes - bytes.count)
  }

  /// Reads and checks a header: afterwards every section lies inside the file.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(LanguageModelError) {
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type = UInt64.self) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    func damaged(_ expected: String, _ found: String) -> LanguageModelError {
      LanguageModelError(
        .damaged, path: path, expected: expected, found: found,
        remedy: "make it again with warbler lm convert")
    }
    guard bytes.count >= Self.fixedBytes else {
      throw LanguageModelError(
        .truncated, path: path, expected: "a header of \(Self.fixedBytes) bytes and more",
        found: "\(bytes.count)", remedy: LanguageModelError.fetchAgain)
    }
    precondition(bytes.starts(with: Self.magic), "\(path): not a model's binary form")
    let (version, byteOrder) = (number(8, UInt32.self), number(12, UInt32.self))
    guard byteOrder != Self.byteOrder.byteSwapped else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "numbers with the least significant byte first",
        found: "the other order", remedy: "make it again with warbler lm convert on this machine")
    }
    guard version == Self.version, byteOrder == Self.byteOrder else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "version \(Self.version) of the binary form",
        found: "version \(version)", remedy: "make it again with warbler lm convert")
    }
    let order = Int(number(24, UInt32.self))
    guard (1...ARPAReader.orderLimit).contains(order) else {
      throw damaged("orders 1 to \(ARPAReader.orderLimit)", "\(order)")
    }
    let end = Self.fixedBytes + 24 * order
    guard bytes.count >= end + 8 else {
      throw LanguageModelError(
        .truncated, path: path, expected: "a header of \(end + 8) bytes", found: "\(bytes.count)",
        remedy: LanguageModelError.fetchAgain)
    }
    guard number(end) == LanguageModel.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else {
      throw damaged("a header whose check sum is right", "another check sum")
    }
    // The check sum speaks for what follows; yet a size that was made to fit it must lead nowhere outside.
    let numbers = [Int](stride(from: 32, to: 72, by: 8)) + [Int](stride(from: Self.fixedBytes, to: end, by: 8))
    guard numbers.allSatisfy({ number($0) < 1 << 40 }) else { throw damaged("sizes below 2^40", "larger ones") }
    func size(_ offset: Int) -> Int { Int(number(offset)) }
    let bits = Int(number(28, UInt32.self))
    guard bits == 0 || NgramModel.quantizationBits.contains(bits) else {
      throw damaged("quantisation to 8 to 16 bits or none", "\(bits)")
    }
    quantizationBits = bits == 0 ? nil : bits
    (wordCount, ngramProbes) = (size(32), size(40))
    (wordSlots, wordProbes, textBytes) = (size(48), size(56), size(64))
    (sentenceStart, sentenceEnd) = (number(72, UInt32.self), number(76, UInt32.self))
    checksum = number(80)
    func sizes(_ index: Int) -> [Int] {
      (index * order..<(index + 1) * order).map { size(Self.fixedBytes + 8 * $0) }
    }
    (ngramCounts, stateEnds, slotEnds) = (sizes(0), sizes(1), sizes(2))
    let fitsIndices = wordCount < 1 << 32 && stateCount < 1 << 32 && textBytes < 1 << 32
    guard fitsIndices, wordCount > 0, Int(max(sentenceStart, sentenceEnd)) < wordCount, wordSlots > 0,
      stateEnds[0] == 1, zip(stateEnds, stateEnds.dropFirst()).allSatisfy({ $0 <= $1 }),
      slotEnds[0] == 0, zip(slotEnds, slotEnds.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw damaged("counts that agree", "others") }
    let total = number(16, UInt64.self)
    guard total == UInt64(places.end) else {
      throw damaged("a size of \(places.end) bytes in the header", "\(total)")
    }
    guard bytes.count == places.end else {
      throw LanguageModelError(
        bytes.count < places.end ? .truncated : .damaged, path: path, expected: "\(places.end) bytes",
        found: "\(bytes.count)", remedy: LanguageModelError.fetchAgain)
    }
  }
}

/// A sum of 64 bits over bytes, eight at a time, that any changed bit changes.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var sum = UInt64(bytes.count)
  var index = 0
  while index + 8 <= bytes.count {
    // Multiplying by an odd number and rotating are one-to-one, so a change is never lost on the way.
    sum ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    sum = (sum &* 0x9E37_79B9_7F4A_7C15)
    sum = sum << 29 | sum >> 35
    index += 8
  }
  while index < bytes.count {
    sum = (sum ^ UInt64(bytes[index])) &* 0x9E37_79B9_7F4A_7C15
    index += 1
  }
  return sum ^ sum >> 32
}
