extension NgramModel {
  /// Bits that a quantised probability may take.
  public static let quantizationBits = 8...16

  /// The model with probabilities and back-offs of order 2 and more in `bits` bits each: codes of values of
  /// an order's codebook (Federico and Bertoldi 2006: bins of equally many values, each become its mean, as
  /// in KenLM). An order of up to 2^bits values keeps them exactly; a back-off of 0 stays 0. Unigrams are
  /// kept as they are.
  ///
  /// - Precondition: `bits` is in 8 ... 16.
  /// - Throws: if the model is quantised already, or has more contexts and words than fit beside so many
  ///   bits.
  public func quantized(bits: Int, path: String) throws(LanguageModelError) -> NgramModel {
    precondition(Self.quantizationBits.contains(bits), "\(bits) bits")
    if let already = quantizationBits {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "a model that is not quantised", found: "\(already) bits",
        remedy: "convert the ARPA file it was made from")
    }
    var layout = layout
    layout.quantizationBits = bits
    if let fault = Self.quantizationFault(
      bits: bits, words: wordCount, nodes: layout.nodeCount, path: path)
    {
      throw fault
    }
    let coded = layout
    let places = coded.places
    let memory = ModelMemory(count: places.end) { bytes in
      copyUnquantized(into: bytes, places)
      for order in 2..<max(2, order + 1) { quantize(order, bits, into: bytes, coded) }
    }
    return NgramModel(layout: coded, memory: memory)
  }

  /// Writes the n-grams of an order and their codebooks, each in the slot that it has.
  private func quantize(
    _ order: Int, _ bits: Int, into bytes: UnsafeMutableRawBufferPointer, _ coded: ModelLayout
  ) {
    let isLeaf = order == self.order
    var probabilities: [Float] = []
    var backoffs: [Float] = []
    forEachEntry(order: order) {
      probabilities.append($0.probability)
      if !isLeaf { backoffs.append($0.backoff) }
    }
    let probabilityBook = Codebook(probabilities, bits: bits)
    let backoffBook = Codebook(backoffs, bits: bits, keepsZero: true)
    let places = coded.places
    for (book, index) in [(probabilityBook, order - 2), (backoffBook, self.order - 1 + order - 2)] {
      let start = places.codebooks.lowerBound + 4 * (index << bits)
      book.levels.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + $0.count]).copyMemory(from: $0)
      }
    }
    let (firstLong, first) = (coded.nodeEnds[1], coded.nodeEnds[order - 1])
    let wordBits = UInt64(coded.wordBits)
    forEachEntry(order: order) { entry in
      let offset =
        isLeaf
        ? places.leaves.lowerBound + 12 * entry.slot
        : places.nodes.lowerBound + 20 * (first + entry.slot - firstLong)
      let key = UInt64(entry.context) << wordBits | UInt64(entry.word)
      let code = UInt64(probabilityBook.code(entry.probability))
      bytes.storeBytes(of: key << UInt64(bits) | code, toByteOffset: offset, as: UInt64.self)
      bytes.storeBytes(of: entry.link, toByteOffset: offset + 8, as: UInt32.self)
      if isLeaf { return }
      let node = UInt32(first + entry.slot)
      bytes.storeBytes(of: tables.filter(node), toByteOffset: offset + 12, as: UInt32.self)
      let backoff = UInt16(truncatingIfNeeded: backoffBook.code(entry.backoff))
      bytes.storeBytes(of: backoff, toByteOffset: offset + 16, as: UInt16.self)
    }
  }

  /// Bits of the key of an n-gram: those of its context and of its word.
  static func keyBits(words: Int, nodes: Int) -> Int { ModelLayout.bits(words) + ModelLayout.bits(nodes) }

  /// Why a model of so many words and nodes cannot be quantised; nil if it can.
  static func quantizationFault(bits: Int, words: Int, nodes: Int, path: String) -> LanguageModelError? {
    let keyBits = keyBits(words: words, nodes: nodes)
    if keyBits + bits <= 64 { return nil }
    return LanguageModelError(
      .tooLarge, path: path, expected: "contexts and words of \(64 - bits) bits beside \(bits) of a code",
      found: "\(keyBits)", remedy: "take fewer bits, or prune the model")
  }

  private func copyUnquantized(into bytes: UnsafeMutableRawBufferPointer, _ to: ModelLayout.Places) {
    let kept = [
      (places.unigrams, to.unigrams), (places.words, to.words), (places.offsets, to.offsets),
      (places.text, to.text),
    ]
    for (source, target) in kept {
      UnsafeMutableRawBufferPointer(rebasing: bytes[target])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[source]))
    }
  }
}

/// Values that stand for all values of an order, ascending.
struct Codebook {
  /// 2^bits of them; those behind the last one that is used are 0.
  let levels: [Float]
  private let used: Int

  init(_ values: [Float], bits: Int, keepsZero: Bool = false) {
    let room = 1 << bits
    let sorted = values.sorted()
    var distinct: [Float] = []
    for value in sorted where value != distinct.last {
      if distinct.count == room { break }
      distinct.append(value)
    }
    var levels = distinct
    if let largest = sorted.last, levels.last != largest {
      let binned = keepsZero ? sorted.filter { $0 != 0 } : sorted
      let bins = keepsZero ? room - 1 : room
      levels = (0..<bins).map { bin in
        let members = binned[binned.count * bin / bins..<binned.count * (bin + 1) / bins]
        return Float(members.reduce(0.0) { $0 + Double($1) } / Double(max(1, members.count)))
      }
      if keepsZero {
        levels.append(0)
        levels.sort()
      }
    }
    used = levels.count
    self.levels = levels + [Float](repeating: 0, count: room - levels.count)
  }

  /// The code of the nearest level, the lower of two.
  func code(_ value: Float) -> Int {
    var (low, high) = (0, used)
    while low < high {
      let middle = (low + high) / 2
      if levels[middle] < value { low = middle + 1 } else { high = middle }
    }
    if low == used { return max(0, used - 1) }
    if low > 0, value - levels[low - 1] <= levels[low] - value { return low - 1 }
    return low
  }
}
