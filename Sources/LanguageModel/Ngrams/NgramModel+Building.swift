extension NgramModel {
  /// Makes the tables of n-grams that were read.
  convenience init(_ collection: NgramCollection, path: String) throws(LanguageModelError) {
    let counts = collection.orders.map(\.entries.count)
    let words = WordTable(collection.vocabulary)
    var layout = ModelLayout(
      quantizationBits: nil, wordCount: counts[0], ngramCounts: counts,
      // Three quarters full.
      slotCounts: counts.dropFirst().map { $0 + $0 / 3 + 1 }, ngramProbes: 0, stateCount: 0,
      wordSlots: words.slots.count, wordProbes: words.probes, textBytes: collection.vocabulary.bytes.count,
      sentenceStart: collection.vocabulary.id(of: "<s>") ?? 0,
      sentenceEnd: collection.vocabulary.id(of: "</s>") ?? 0)
    if let fault = Self.sizeFault(nodes: layout.nodeCount, path: path) { throw fault }
    var (probes, states) = (0, 0)
    let memory = ModelMemory(count: layout.places.end) { bytes in
      var nodes = NodeBuilder(bytes, layout)
      nodes.addUnigrams(collection.orders[0])
      for order in 1..<max(1, collection.order) { nodes.add(collection.orders[order], order: order) }
      (probes, states) = (nodes.probes, nodes.states)
      words.write(into: bytes, layout.places, collection.vocabulary)
    }
    layout.ngramProbes = probes
    layout.stateCount = states
    self.init(layout: layout, memory: memory)
  }

  /// Why a model of so many nodes cannot be indexed; nil if it can.
  static func sizeFault(nodes: Int, path: String) -> LanguageModelError? {
    if nodes < 1 << 32 { return nil }
    return LanguageModelError(
      .tooLarge, path: path, expected: "at most 3 * 2^30 n-grams below the highest order",
      found: "a table of \(nodes)", remedy: "prune the model")
  }
}

/// Nodes and leaves while they are being written, order after order.
private struct NodeBuilder {
  private let bytes: UnsafeMutableRawBufferPointer
  private let layout: ModelLayout
  private let places: ModelLayout.Places
  private let nodeEnds: [Int]
  /// (number) of the order that was added last: its node, and the state behind it, itself or a shorter one.
  private var positions: [UInt32] = []
  private var targets: [UInt32] = []
  /// The most slots that a search passes over.
  private(set) var probes = 0
  /// How many n-grams are states, the empty context included.
  private(set) var states = 1

  init(_ bytes: UnsafeMutableRawBufferPointer, _ layout: ModelLayout) {
    self.bytes = bytes
    self.layout = layout
    places = layout.places
    nodeEnds = layout.nodeEnds
  }

  mutating func addUnigrams(_ table: NgramTable) {
    for (word, entry) in table.entries.enumerated() {
      let node = UInt32(word + 1)
      write(entry, key: UInt64(word), link: 0, at: offset(ofNode: Int(node)))
      positions.append(node)
      targets.append(target(entry, node: node, link: 0))
    }
  }

  /// - Parameter order: words of a context.
  mutating func add(_ table: NgramTable, order: Int) {
    let isLeaf = order + 1 == layout.order
    let (stride, first) =
      isLeaf ? (16, places.leaves.lowerBound) : (24, offset(ofNode: nodeEnds[order]))
    var nodes: [UInt32] = []
    var nexts: [UInt32] = []
    for entry in table.entries {
      let context = positions[Int(entry.prefix)]
      let key = NgramTable.key(prefix: context, word: entry.word)
      let slot = emptySlot(for: mixed(key), first, stride, slots: layout.slotCounts[order - 1])
      let link = targets[Int(entry.suffix)]
      if isLeaf {
        bytes.storeBytes(of: key, toByteOffset: first + 16 * slot, as: UInt64.self)
        bytes.storeBytes(of: entry.probability, toByteOffset: first + 16 * slot + 8, as: Float.self)
        bytes.storeBytes(of: link, toByteOffset: first + 16 * slot + 12, as: UInt32.self)
      } else {
        let node = UInt32(truncatingIfNeeded: nodeEnds[order] + slot)
        write(entry, key: key, link: link, at: first + 24 * slot)
        nodes.append(node)
        nexts.append(target(entry, node: node, link: link))
      }
      let filter = offset(ofNode: Int(context)) + 20
      let bits = bytes.load(fromByteOffset: filter, as: UInt32.self)
      bytes.storeBytes(of: bits | filterBit(mixed(key)), toByteOffset: filter, as: UInt32.self)
    }
    (positions, targets) = (nodes, nexts)
  }

  private mutating func target(_ entry: NgramTable.Entry, node: UInt32, link: UInt32) -> UInt32 {
    guard entry.isContext || entry.backoff != 0 else { return link }
    states += 1
    return node
  }

  private func write(_ entry: NgramTable.Entry, key: UInt64, link: UInt32, at offset: Int) {
    bytes.storeBytes(of: key, toByteOffset: offset, as: UInt64.self)
    bytes.storeBytes(of: entry.probability, toByteOffset: offset + 8, as: Float.self)
    bytes.storeBytes(of: entry.backoff, toByteOffset: offset + 12, as: Float.self)
    bytes.storeBytes(of: link, toByteOffset: offset + 16, as: UInt32.self)
  }

  private mutating func emptySlot(for hash: UInt64, _ first: Int, _ stride: Int, slots: Int) -> Int {
    var slot = place(hash, among: slots)
    var passed = 0
    while bytes.load(fromByteOffset: first + stride * slot, as: UInt64.self) != 0 {
      slot = slot + 1 == slots ? 0 : slot + 1
      passed += 1
    }
    probes = max(probes, passed)
    return slot
  }

  private func offset(ofNode node: Int) -> Int {
    let unigrams = nodeEnds[1]
    return node < unigrams
      ? places.unigrams.lowerBound + 24 * node : places.nodes.lowerBound + 24 * (node - unigrams)
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
