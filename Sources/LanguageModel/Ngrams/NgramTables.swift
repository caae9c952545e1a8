/// The tables of a model as a query sees them: where they are, resolved once.
///
/// An n-gram of less than the highest order is a node, and a state is the number of a node: 0 of the empty
/// context, 1 + w of the word w, then the slots of one hash table for each order. So what a state backs off
/// to stands beside the probability through which it was reached.
///
///     node   key: UInt32 word, UInt32 state of the words before it; 0 for an empty slot
///            Float log10 P, Float log10 back-off
///            UInt32 link: the longest shorter state
///            UInt32 filter of the words that follow it
///     leaf   an n-gram of the highest order: key, Float log10 P, UInt32 link
///
/// With quantisation a key is shorter and the code of P stands below it; the back-off is a code behind the
/// filter.
///
/// Whatever a damaged file holds, a query ends and reads only inside the tables: states that come out of them
/// are checked, searches are as long as the header says at most, and links lead to lower numbers.
final class NgramTables {
  let wordCount: UInt32
  let nodeCount: UInt32
  private let unigrams: UnsafeRawPointer
  private let nodes: UnsafeRawPointer
  private let leaves: UnsafeRawPointer
  private let codebooks: UnsafeRawPointer
  let words: UnsafeRawPointer
  let offsets: UnsafeRawPointer
  let text: UnsafeRawPointer
  let textBytes: Int
  private let probes: Int
  let wordSlots: Int
  let wordProbes: Int
  private let wordBits: UInt64
  /// Bits of a code; 0 without quantisation.
  private let bits: UInt64
  private let order: Int
  /// The first node of order 2.
  private let firstCoded: UInt32
  /// (words of a context).
  private let contexts: UnsafeMutablePointer<Contexts>

  /// The contexts of one order.
  private struct Contexts {
    /// Behind their last node.
    var nodeEnd: UInt32
    /// The n-grams that go on from them: the number of the first slot, and how many slots there are.
    var firstSlot: Int
    var slotCount: Int
  }

  /// - Precondition: the memory is of the layout's size, and outlives the tables.
  init(_ layout: ModelLayout, _ memory: ModelMemory) {
    let places = layout.places
    guard let base = memory.bytes.baseAddress, memory.bytes.count == places.end else {
      preconditionFailure("\(memory.bytes.count) bytes of a model of \(places.end)")
    }
    func table(_ place: Range<Int>) -> UnsafeRawPointer { base + place.lowerBound }
    unigrams = table(places.unigrams)
    nodes = table(places.nodes)
    leaves = table(places.leaves)
    codebooks = table(places.codebooks)
    words = table(places.words)
    offsets = table(places.offsets)
    text = table(places.text)
    textBytes = layout.textBytes
    wordCount = UInt32(layout.wordCount)
    nodeCount = UInt32(layout.nodeCount)
    probes = layout.ngramProbes
    wordSlots = layout.wordSlots
    wordProbes = layout.wordProbes
    wordBits = UInt64(layout.wordBits)
    bits = UInt64(layout.quantizationBits ?? 0)
    order = layout.order
    firstCoded = 1 + wordCount
    let ends = layout.nodeEnds
    contexts = .allocate(capacity: ends.count)
    for (order, end) in ends.enumerated() {
      let isLeaf = order + 1 >= ends.count
      let slots = order > 0 && order <= layout.slotCounts.count ? layout.slotCounts[order - 1] : 0
      let context = Contexts(nodeEnd: UInt32(end), firstSlot: isLeaf ? 0 : end, slotCount: slots)
      (contexts + order).initialize(to: context)
    }
  }

  deinit { contexts.deallocate() }

  /// log10 of a word's probability in a state, and the state behind it.
  /// - Precondition: the word and the state are below their counts.
  @inline(__always)
  func score(_ word: UInt32, after state: UInt32) -> (log10Probability: Float, next: UInt32) {
    bits == 0 ? plainScore(word, after: state) : codedScore(word, after: state)
  }

  @inline(__always)
  private func plainScore(_ word: UInt32, after state: UInt32) -> (log10Probability: Float, next: UInt32) {
    var context = state
    var backoff: Float = 0
    while context != 0 {
      let key = UInt64(context) << 32 | UInt64(word)
      let hash = mixed(key)
      let node = plainNode(context)
      if node.load(fromByteOffset: 20, as: UInt32.self) & filterBit(hash) != 0,
        let (probability, next) = plainNgram(context, key, hash)
      {
        return (backoff + probability, next)
      }
      backoff += node.load(fromByteOffset: 12, as: Float.self)
      context = min(node.load(fromByteOffset: 16, as: UInt32.self), context &- 1)
    }
    let (probability, next) = unigram(word)
    return (backoff + probability, next)
  }

  private func codedScore(_ word: UInt32, after state: UInt32) -> (log10Probability: Float, next: UInt32) {
    var context = state
    var backoff: Float = 0
    while context != 0 {
      let hash = mixed(UInt64(context) << 32 | UInt64(word))
      if filter(context) & filterBit(hash) != 0, let (probability, next) = codedNgram(context, word, hash) {
        return (backoff + probability, next)
      }
      backoff += self.backoff(context)
      context = link(context)
    }
    let (probability, next) = unigram(word)
    return (backoff + probability, next)
  }

  /// log10 of a unigram's probability, and the state behind it.
  @inline(__always)
  func unigram(_ word: UInt32) -> (log10Probability: Float, next: UInt32) {
    let node = unigrams + 24 * (Int(word) + 1)
    let isState =
      node.load(fromByteOffset: 20, as: UInt32.self) != 0
      || node.load(fromByteOffset: 12, as: Float.self) != 0
    return (node.load(fromByteOffset: 8, as: Float.self), isState ? word + 1 : 0)
  }

  @inline(__always)
  private func checked(_ state: UInt32) -> UInt32 { state < nodeCount ? state : 0 }

  /// A node without quantisation: sections follow one another, but for alignment.
  @inline(__always)
  private func plainNode(_ state: UInt32) -> UnsafeRawPointer {
    state < firstCoded ? unigrams + 24 * Int(state) : nodes + 24 * Int(state - firstCoded)
  }

  /// A node of order 2 or more with quantisation.
  @inline(__always)
  private func codedNode(_ state: UInt32) -> UnsafeRawPointer { nodes + 20 * Int(state - firstCoded) }

  /// The n-gram of a context that is not the empty one, and a word: of that key, and that hash.
  @inline(__always)
  private func plainNgram(
    _ context: UInt32, _ key: UInt64, _ hash: UInt64
  ) -> (log10Probability: Float, next: UInt32)? {
    let words = order(of: context)
    let slots = contexts[words]
    let isLeaf = words + 1 == order
    let stride = isLeaf ? 16 : 24
    let first = isLeaf ? leaves : nodes + 24 * (slots.firstSlot - Int(firstCoded))
    var slot = place(hash, among: slots.slotCount)
    var left = probes
    while true {
      let entry = first + stride * slot
      let stored = entry.load(as: UInt64.self)
      if stored == key {
        let probability = entry.load(fromByteOffset: 8, as: Float.self)
        if isLeaf { return (probability, checked(entry.load(fromByteOffset: 12, as: UInt32.self))) }
        let isState =
          entry.load(fromByteOffset: 20, as: UInt32.self) != 0
          || entry.load(fromByteOffset: 12, as: Float.self) != 0
        let link = entry.load(fromByteOffset: 16, as: UInt32.self)
        return (probability, isState ? UInt32(truncatingIfNeeded: slots.firstSlot + slot) : checked(link))
      }
      if stored == 0 || left == 0 { return nil }
      left -= 1
      slot = slot + 1 == slots.slotCount ? 0 : slot + 1
    }
  }

  /// The same with quantisation.
  @inline(__always)
  private func codedNgram(
    _ context: UInt32, _ word: UInt32, _ hash: UInt64
  ) -> (log10Probability: Float, next: UInt32)? {
    let words = order(of: context)
    let slots = contexts[words]
    let isLeaf = words + 1 == order
    let stride = isLeaf ? 12 : 20
    let first = isLeaf ? leaves : nodes + 20 * (slots.firstSlot - Int(firstCoded))
    let key = UInt64(context) << wordBits | UInt64(word)
    var slot = place(hash, among: slots.slotCount)
    var left = probes
    while true {
      let entry = first + stride * slot
      let stored = entry.loadUnaligned(as: UInt64.self)
      if stored >> bits == key {
        let probability = level(stored, codebook: words - 1)
        let link = entry.load(fromByteOffset: 8, as: UInt32.self)
        if isLeaf { return (probability, checked(link)) }
        let state = UInt32(truncatingIfNeeded: slots.firstSlot + slot)
        return (probability, isState(state) ? state : checked(link))
      }
      if stored == 0 || left == 0 { return nil }
      left -= 1
      slot = slot + 1 == slots.slotCount ? 0 : slot + 1
    }
  }

  /// Whether a longer n-gram begins with the node's, or it has a back-off.
  @inline(__always)
  func isState(_ node: UInt32) -> Bool { filter(node) != 0 || backoff(node) != 0 }

  /// The next shorter state of a node that is not the empty context.
  @inline(__always)
  func link(_ node: UInt32) -> UInt32 {
    let link =
      bits == 0 || node < firstCoded
      ? plainNode(node).load(fromByteOffset: 16, as: UInt32.self)
      : codedNode(node).load(fromByteOffset: 8, as: UInt32.self)
    return min(link, node &- 1)
  }

  @inline(__always)
  func filter(_ node: UInt32) -> UInt32 {
    bits == 0 || node < firstCoded
      ? plainNode(node).load(fromByteOffset: 20, as: UInt32.self)
      : codedNode(node).load(fromByteOffset: 12, as: UInt32.self)
  }

  /// log10 of the back-off of a node.
  @inline(__always)
  func backoff(_ node: UInt32) -> Float {
    if bits == 0 || node < firstCoded { return plainNode(node).load(fromByteOffset: 12, as: Float.self) }
    let code = codedNode(node).load(fromByteOffset: 16, as: UInt16.self)
    return level(UInt64(code), codebook: order - 1 + order(of: node) - 2)
  }

  /// What the lowest bits of `code` stand for. Codebooks of probabilities of order 2 on come first, then
  /// those of back-offs.
  @inline(__always)
  func level(_ code: UInt64, codebook: Int) -> Float {
    let index = codebook << Int(bits) | Int(code & (1 << bits - 1))
    return codebooks.load(fromByteOffset: 4 * index, as: Float.self)
  }

  /// The words of a node, the first one first. In a damaged file they may be fewer.
  func words(of node: UInt32) -> [UInt32] {
    var words: [UInt32] = []
    var node = node
    while node > 0 {
      let key =
        bits == 0 || node < firstCoded
        ? plainNode(node).load(as: UInt64.self) : codedNode(node).loadUnaligned(as: UInt64.self) >> bits
      let keyBits = node < firstCoded ? 32 : wordBits
      words.append(min(UInt32(truncatingIfNeeded: key & (1 << keyBits - 1)), wordCount - 1))
      node = min(UInt32(truncatingIfNeeded: key >> keyBits), node - 1)
    }
    return words.reversed()
  }

  /// The number of words of a node that is not the empty context.
  @inline(__always)
  func order(of node: UInt32) -> Int {
    var order = 1
    while node >= contexts[order].nodeEnd { order += 1 }
    return order
  }
}
