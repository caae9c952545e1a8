/// The tables of a model as a query sees them: where they are, resolved once.
///
/// Whatever a damaged file holds, a query ends and reads only inside the tables: states that come out of them are
/// checked, searches are as long as the header says at most, and shorter contexts have lower numbers.
struct NgramTables {
  let wordCount: UInt32
  let stateCount: UInt32
  private let unigrams: UnsafeRawPointer
  private let states: UnsafeRawPointer
  private let backoffs: UnsafeRawPointer
  private let ngrams: UnsafeRawPointer
  private let codebooks: UnsafeRawPointer
  private let words: UnsafeRawPointer
  private let offsets: UnsafeRawPointer
  private let text: UnsafeRawPointer
  private let textBytes: Int
  private let probes: Int
  private let wordSlots: Int
  private let wordProbes: Int
  private let wordBits: UInt64
  /// Bits of a code; 0 without quantisation.
  private let bits: UInt64
  /// The first state of order 2.
  private let firstLongState: UInt32
  private let order: Int
  /// (words of a context).
  private let contexts: UnsafeMutablePointer<Contexts>

  /// The contexts of one order.
  private struct Contexts {
    /// Behind their last state.
    var stateEnd: UInt32
    /// Where the slots of their n-grams begin, and how many there are.
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
    states = table(places.states)
    backoffs = table(places.backoffs)
    ngrams = table(places.ngrams)
    codebooks = table(places.codebooks)
    words = table(places.words)
    offsets = table(places.offsets)
    text = table(places.text)
    textBytes = layout.textBytes
    wordCount = UInt32(layout.wordCount)
    stateCount = UInt32(layout.stateCount)
    probes = layout.ngramProbes
    wordSlots = layout.wordSlots
    wordProbes = layout.wordProbes
    wordBits = UInt64(layout.wordBits)
    bits = UInt64(layout.quantizationBits ?? 0)
    order = layout.order
    contexts = .allocate(capacity: layout.order)
    for (order, end) in layout.stateEnds.enumerated() {
      let slots = order == 0 ? 0..<0 : layout.slots(context: order)
      let context = Contexts(
        stateEnd: UInt32(end), firstSlot: slots.lowerBound, slotCount: slots.count)
      (contexts + order).initialize(to: context)
    }
    firstLongState = UInt32(layout.stateCount - layout.longStateCount)
  }

  /// Gives back what `init` allocated.
  func deallocate() { contexts.deallocate() }

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
      let hash = mixed(UInt64(context) << 32 | UInt64(word))
      let record = states + 16 * Int(context)
      if record.load(fromByteOffset: 8, as: UInt64.self) & filterBit(hash) != 0,
        let (probability, next) = ngram(context, word, hash)
      {
        return (backoff + probability, next)
      }
      backoff += record.load(fromByteOffset: 4, as: Float.self)
      context = min(record.load(as: UInt32.self), context &- 1)
    }
    let (probability, next) = unigram(word)
    return (backoff + probability, next)
  }

  private func codedScore(_ word: UInt32, after state: UInt32) -> (log10Probability: Float, next: UInt32) {
    var context = state
    var backoff: Float = 0
    while context != 0 {
      let key = UInt64(context) << wordBits | UInt64(word)
      let hash = mixed(key)
      let record = states + 12 * Int(context)
      if record.loadUnaligned(fromByteOffset: 4, as: UInt64.self) & codedFilterBit(hash) != 0,
        let (probability, next) = codedNgram(context, key, hash)
      {
        return (backoff + probability, next)
      }
      backoff += self.backoff(context)
      context = min(record.load(as: UInt32.self), context &- 1)
    }
    let (probability, next) = unigram(word)
    return (backoff + probability, next)
  }

  /// log10 of a unigram's probability, and the state behind it.
  @inline(__always)
  func unigram(_ word: UInt32) -> (log10Probability: Float, next: UInt32) {
    let unigram = unigrams + 8 * Int(word)
    return (unigram.load(as: Float.self), checked(unigram.load(fromByteOffset: 4, as: UInt32.self)))
  }

  @inline(__always)
  private func checked(_ state: UInt32) -> UInt32 { state < stateCount ? state : 0 }

  /// log10 of the back-off of a state.
  @inline(__always)
  func backoff(_ state: UInt32) -> Float {
    if bits == 0 { return states.load(fromByteOffset: 16 * Int(state) + 4, as: Float.self) }
    if state < firstLongState { return backoffs.load(fromByteOffset: 4 * Int(state), as: Float.self) }
    let code = states.load(fromByteOffset: 12 * Int(state) + 4, as: UInt16.self)
    return level(UInt64(code), codebook: order - 1 + order(ofState: state) - 2)
  }

  /// The n-gram of a context that is not the empty one, and a word; `hash` is of its key.
  @inline(__always)
  private func ngram(
    _ context: UInt32, _ word: UInt32, _ hash: UInt64
  ) -> (log10Probability: Float, next: UInt32)? {
    let key = UInt64(context) << 32 | UInt64(word)
    let slots = contexts[order(ofState: context)]
    let first = ngrams + 16 * slots.firstSlot
    var slot = place(hash, among: slots.slotCount)
    var left = probes
    while true {
      let entry = first + 16 * slot
      let stored = entry.load(as: UInt64.self)
      if stored == key {
        return (
          entry.load(fromByteOffset: 8, as: Float.self),
          checked(entry.load(fromByteOffset: 12, as: UInt32.self))
        )
      }
      if stored == 0 || left == 0 { return nil }
      left -= 1
      slot = slot + 1 == slots.slotCount ? 0 : slot + 1
    }
  }

  /// The same with quantisation.
  @inline(__always)
  private func codedNgram(
    _ context: UInt32, _ key: UInt64, _ hash: UInt64
  ) -> (log10Probability: Float, next: UInt32)? {
    let order = order(ofState: context)
    let slots = contexts[order]
    let first = ngrams + 12 * slots.firstSlot
    var slot = place(hash, among: slots.slotCount)
    var left = probes
    while true {
      let entry = first + 12 * slot
      let stored = entry.loadUnaligned(as: UInt64.self)
      if stored >> bits == key {
        return (
          level(stored, codebook: order - 1),
          checked(entry.load(fromByteOffset: 8, as: UInt32.self))
        )
      }
      if stored == 0 || left == 0 { return nil }
      left -= 1
      slot = slot + 1 == slots.slotCount ? 0 : slot + 1
    }
  }

  /// What the lowest bits of `code` stand for. Codebooks of probabilities of order 2 on come first, then those of
  /// back-offs.
  @inline(__always)
  func level(_ code: UInt64, codebook: Int) -> Float {
    let index = codebook << Int(bits) | Int(code & (1 << bits - 1))
    return codebooks.load(fromByteOffset: 4 * index, as: Float.self)
  }

  /// The number of words of a state that is not the empty one.
  @inline(__always)
  private func order(ofState state: UInt32) -> Int {
    var order = 1
    while state >= contexts[order].stateEnd { order += 1 }
    return order
  }

  /// The id of a word's bytes.
  func id(of word: UnsafeRawBufferPointer) -> UInt32 {
    let hash = hash(of: word)
    var slot = place(hash, among: wordSlots)
    for _ in 0...wordProbes {
      let stored = words.load(fromByteOffset: 8 * slot, as: UInt64.self)
      let id = UInt32(truncatingIfNeeded: stored)
      if id == 0 { return 0 }
      if stored >> 32 == hash & 0xFFFF_FFFF, let text = text(of: id), areEqual(text, word) { return id }
      slot = slot + 1 == wordSlots ? 0 : slot + 1
    }
    return 0
  }

  /// The bytes of a word; nil if there is no such word or the file is damaged.
  @inline(__always)
  func text(of id: UInt32) -> UnsafeRawBufferPointer? {
    guard id < wordCount else { return nil }
    let start = Int(offsets.load(fromByteOffset: 4 * Int(id), as: UInt32.self))
    let end = Int(offsets.load(fromByteOffset: 4 * Int(id) + 4, as: UInt32.self))
    guard start <= end, end <= textBytes else { return nil }
    return UnsafeRawBufferPointer(start: text + start, count: end - start)
  }
}

/// Short as words are, a loop is faster than a call of `memcmp`.
@inline(__always)
private func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  guard a.count == b.count else { return false }
  guard let first = a.baseAddress, let second = b.baseAddress else { return true }
  var index = 0
  while index + 8 <= a.count {
    let (ours, theirs) = (
      first.loadUnaligned(fromByteOffset: index, as: UInt64.self),
      second.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    )
    if ours != theirs { return false }
    index += 8
  }
  while index < a.count {
    if first.load(fromByteOffset: index, as: UInt8.self) != second.load(fromByteOffset: index, as: UInt8.self) {
      return false
    }
    index += 1
  }
  return true
}
