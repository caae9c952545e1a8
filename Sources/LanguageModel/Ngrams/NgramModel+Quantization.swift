extension NgramModel {
  /// Bits that a quantised probability may take.
  public static let quantizationBits = 8...16

  /// The model with probabilities and back-offs of order 2 and more in `bits` bits each: codes of values of an
  /// order's codebook (Federico and Bertoldi 2006: bins of equally many values, each become its mean, as in KenLM).
  /// An order of up to 2^bits values keeps them exactly; a back-off of 0 stays 0. Unigrams are kept as they are.
  ///
  /// - Precondition: `bits` is in 8 ... 16.
  /// - Throws: if the model is quantised already, or has more contexts and words than fit beside so many bits.
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
      bits: bits, words: wordCount, states: layout.stateCount, path: path)
    {
      throw fault
    }
    let (probabilities, backoffs) = codebooks(bits)
    let places = layout.places
    var probes = 0
    let memory = ModelMemory(count: places.end) { bytes in
      copyUnquantized(into: bytes, places)
      for (index, book) in (probabilities + backoffs).enumerated() {
        let start = places.codebooks.lowerBound + 4 * (index << bits)
        book.levels.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + $0.count]).copyMemory(from: $0)
        }
      }
      copyStates(into: UnsafeMutableRawBufferPointer(rebasing: bytes[places.states]), backoffs)
      let firstBackoffs = UnsafeMutableRawBufferPointer(rebasing: bytes[places.backoffs])
      for state in 0..<layout.stateCount - layout.longStateCount {
        firstBackoffs.storeBytes(
          of: tables.backoff(UInt32(state)), toByteOffset: 4 * state, as: Float.self)
      }
      var table = NgramSlots(bytes[places.ngrams], states: bytes[places.states], layout: layout)
      forEachEntry { entry in
        let order = layout.order(ofState: Int(entry.context))
        let code = probabilities[order - 1].code(entry.probability)
        table.insert(order, context: entry.context, word: entry.word, value: UInt64(code), next: entry.next)
      }
      probes = table.probes
    }
    layout.ngramProbes = probes
    return NgramModel(layout: layout, memory: memory)
  }

  /// Bits of the key of an n-gram: those of its context and of its word.
  static func keyBits(words: Int, states: Int) -> Int { ModelLayout.bits(words) + ModelLayout.bits(states) }

  /// Why a model of so many words and states cannot be quantised; nil if it can.
  static func quantizationFault(bits: Int, words: Int, states: Int, path: String) -> LanguageModelError? {
    let keyBits = keyBits(words: words, states: states)
    if keyBits + bits <= 64 { return nil }
    return LanguageModelError(
      .tooLarge, path: path, expected: "contexts and words of \(64 - bits) bits beside \(bits) of a code",
      found: "\(keyBits)", remedy: "take fewer bits, or prune the model")
  }

  /// Codebooks of probabilities and of back-offs, of order 2 on; of back-offs up to the order less 1, and an
  /// empty one, so that both kinds are as many.
  private func codebooks(_ bits: Int) -> (probabilities: [Codebook], backoffs: [Codebook]) {
    var probabilities = [[Float]](repeating: [], count: order - 1)
    forEachEntry { probabilities[layout.order(ofState: Int($0.context)) - 1].append($0.probability) }
    var backoffs = [[Float]](repeating: [], count: order - 1)
    let long = layout.stateCount - layout.longStateCount
    for state in long..<max(long, layout.stateCount) {
      backoffs[layout.order(ofState: state) - 2].append(tables.backoff(UInt32(state)))
    }
    return (
      probabilities.map { Codebook($0, bits: bits) }, backoffs.map { Codebook($0, bits: bits, keepsZero: true) }
    )
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

  /// Writes suffixes and codes; filters stay empty.
  private func copyStates(into bytes: UnsafeMutableRawBufferPointer, _ books: [Codebook]) {
    for state in 0..<layout.stateCount {
      let suffix = memory.bytes.load(fromByteOffset: places.states.lowerBound + 16 * state, as: UInt32.self)
      bytes.storeBytes(of: suffix, toByteOffset: 12 * state, as: UInt32.self)
      let order = layout.order(ofState: state)
      if order < 2 { continue }
      let code = UInt16(truncatingIfNeeded: books[order - 2].code(tables.backoff(UInt32(state))))
      bytes.storeBytes(of: code, toByteOffset: 12 * state + 4, as: UInt16.self)
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
