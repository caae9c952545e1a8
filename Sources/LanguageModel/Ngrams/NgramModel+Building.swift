extension NgramModel {
  /// Makes the tables of n-grams that were read.
  convenience init(_ collection: NgramCollection, path: String) throws(LanguageModelError) {
    let states = StateNumbering(collection)
    let ngrams = collection.orders.map(\.entries.count)
    let words = WordTable(collection.vocabulary)
    var layout = ModelLayout(
      quantizationBits: nil, wordCount: ngrams[0], ngramCounts: ngrams, stateEnds: states.ends,
      slotEnds: slotEnds(for: ngrams), ngramProbes: 0, wordSlots: words.slots.count, wordProbes: words.probes,
      textBytes: collection.vocabulary.bytes.count,
      sentenceStart: collection.vocabulary.id(of: "<s>") ?? 0,
      sentenceEnd: collection.vocabulary.id(of: "</s>") ?? 0)
    guard states.ends.last ?? 0 < Int(UInt32.max) else {
      throw LanguageModelError(
        .tooLarge, path: path, expected: "fewer than 2^32 - 1 contexts", found: "\(states.ends)",
        remedy: "prune the model")
    }
    let places = layout.places
    var probes = 0
    let memory = ModelMemory(count: places.end) { bytes in
      collection.write(unigramsInto: bytes[places.unigrams], states)
      collection.write(statesInto: bytes[places.states], states)
      var table = NgramSlots(bytes[places.ngrams], states: bytes[places.states], layout: layout)
      for order in 1..<max(1, collection.order) {
        for (number, entry) in collection.orders[order].entries.enumerated() {
          let context = states.targets[order - 1][Int(entry.prefix)]
          let next =
            order + 1 < collection.order
            ? states.targets[order][number] : states.targets[order - 1][Int(entry.suffix)]
          table.insert(
            order, context: context, word: entry.word, value: UInt64(entry.probability.bitPattern), next: next)
        }
      }
      probes = table.probes
      words.write(into: bytes, places, collection.vocabulary)
    }
    layout.ngramProbes = probes
    self.init(layout: layout, memory: memory)
  }
}

/// Where each order's slots end for so many n-grams of each: three quarters full.
private func slotEnds(for counts: [Int]) -> [Int] {
  var ends = [0]
  for count in counts.dropFirst() { ends.append(ends[ends.count - 1] + count + count / 3 + 1) }
  return ends
}

/// The number of the state behind each n-gram below the highest order: its own, or its longest suffix's that has one.
private struct StateNumbering {
  /// (order - 1)(number of the n-gram).
  private(set) var targets: [[UInt32]] = []
  /// Where the states of each order end, the empty context's, order 0, first.
  private(set) var ends = [1]

  init(_ collection: NgramCollection) {
    var next = 1
    for (order, table) in collection.orders.dropLast().enumerated() {
      var target = [UInt32](repeating: 0, count: table.entries.count)
      for (number, entry) in table.entries.enumerated() {
        if entry.isContext || entry.backoff != 0 {
          target[number] = UInt32(truncatingIfNeeded: next)
          next += 1
        } else if order > 0 {
          target[number] = targets[order - 1][Int(entry.suffix)]
        }
      }
      targets.append(target)
      ends.append(next)
    }
  }

  /// Whether the n-gram is a state itself.
  func isState(_ order: Int, _ number: Int) -> Bool { Int(targets[order][number]) >= ends[order] }
}

extension NgramCollection {
  fileprivate func write(unigramsInto bytes: Slice<UnsafeMutableRawBufferPointer>, _ states: StateNumbering) {
    let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes)
    for (word, entry) in orders[0].entries.enumerated() {
      bytes.storeBytes(of: entry.probability, toByteOffset: 8 * word, as: Float.self)
      let next = order > 1 ? states.targets[0][word] : 0
      bytes.storeBytes(of: next, toByteOffset: 8 * word + 4, as: UInt32.self)
    }
  }

  fileprivate func write(statesInto bytes: Slice<UnsafeMutableRawBufferPointer>, _ states: StateNumbering) {
    let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes)
    for (order, table) in orders.dropLast().enumerated() {
      for (number, entry) in table.entries.enumerated() where states.isState(order, number) {
        let state = Int(states.targets[order][number])
        let suffix = order == 0 ? 0 : states.targets[order - 1][Int(entry.suffix)]
        bytes.storeBytes(of: suffix, toByteOffset: 16 * state, as: UInt32.self)
        bytes.storeBytes(of: entry.backoff, toByteOffset: 16 * state + 4, as: Float.self)
      }
    }
  }
}

/// The table of n-grams, and the filters of their contexts, while they are being filled.
struct NgramSlots {
  private let bytes: UnsafeMutableRawBufferPointer
  private let states: UnsafeMutableRawBufferPointer
  private let layout: ModelLayout
  private let stride: Int
  private let wordBits: UInt64
  /// Bits of a value that stand beside the key; 0 if the value has a word of its own.
  private let bits: UInt64
  /// The most slots that a search passes over.
  private(set) var probes = 0

  init(
    _ bytes: Slice<UnsafeMutableRawBufferPointer>, states: Slice<UnsafeMutableRawBufferPointer>,
    layout: ModelLayout
  ) {
    self.bytes = UnsafeMutableRawBufferPointer(rebasing: bytes)
    self.states = UnsafeMutableRawBufferPointer(rebasing: states)
    self.layout = layout
    stride = layout.ngramStride
    wordBits = UInt64(layout.wordBits)
    bits = UInt64(layout.quantizationBits ?? 0)
  }

  /// Adds an n-gram that is not there. There is always an empty slot, but if the n-grams come out of a damaged
  /// file; what finds none is left out.
  /// - Parameters:
  ///   - order: words of the context.
  ///   - value: the pattern of a Float, or a code.
  mutating func insert(_ order: Int, context: UInt32, word: UInt32, value: UInt64, next: UInt32) {
    let key = UInt64(context) << wordBits | UInt64(word)
    let hash = mixed(key)
    let slots = layout.slots(context: order)
    var slot = slots.lowerBound + place(hash, among: slots.count)
    var passed = 0
    while bytes.loadUnaligned(fromByteOffset: slot * stride, as: UInt64.self) != 0 {
      slot = slot + 1 == slots.upperBound ? slots.lowerBound : slot + 1
      passed += 1
      if passed == slots.count { return }
    }
    let filter = Int(context) * layout.stateStride + (bits == 0 ? 8 : 4)
    let bit = bits == 0 ? filterBit(hash) : codedFilterBit(hash)
    let filters = states.loadUnaligned(fromByteOffset: filter, as: UInt64.self)
    states.storeBytes(of: filters | bit, toByteOffset: filter, as: UInt64.self)
    probes = max(probes, passed)
    if bits == 0 {
      bytes.storeBytes(of: key, toByteOffset: slot * stride, as: UInt64.self)
      bytes.storeBytes(of: UInt32(truncatingIfNeeded: value), toByteOffset: slot * stride + 8, as: UInt32.self)
      bytes.storeBytes(of: next, toByteOffset: slot * stride + 12, as: UInt32.self)
    } else {
      bytes.storeBytes(of: key << bits | value, toByteOffset: slot * stride, as: UInt64.self)
      bytes.storeBytes(of: next, toByteOffset: slot * stride + 8, as: UInt32.self)
    }
  }
}

/// The vocabulary's hash table: half full, so that unknown words are found to be none soon.
private struct WordTable {
  /// Id in the lower half, the lower half of the hash in the upper; 0 is empty.
  private(set) var slots: [UInt64]
  private(set) var probes = 0

  init(_ vocabulary: VocabularyBuilder) {
    slots = [UInt64](repeating: 0, count: 2 * vocabulary.count)
    vocabulary.bytes.withUnsafeBytes { bytes in
      for id in 1..<max(1, vocabulary.count) {
        let range = Int(vocabulary.offsets[id])..<Int(vocabulary.offsets[id + 1])
        let hash = hash(of: UnsafeRawBufferPointer(rebasing: bytes[range]))
        var slot = place(hash, among: slots.count)
        var passed = 0
        while slots[slot] != 0 {
          slot = slot + 1 == slots.count ? 0 : slot + 1
          passed += 1
        }
        probes = max(probes, passed)
        slots[slot] = hash << 32 | UInt64(id)
      }
    }
  }

  func write(
    into bytes: UnsafeMutableRawBufferPointer, _ places: ModelLayout.Places, _ vocabulary: VocabularyBuilder
  ) {
    func copy(_ source: UnsafeRawBufferPointer, to range: Range<Int>) {
      UnsafeMutableRawBufferPointer(rebasing: bytes[range]).copyMemory(from: source)
    }
    slots.withUnsafeBytes { copy($0, to: places.words) }
    vocabulary.offsets.withUnsafeBytes { copy($0, to: places.offsets) }
    vocabulary.bytes.withUnsafeBytes { copy($0, to: places.text) }
  }
}
