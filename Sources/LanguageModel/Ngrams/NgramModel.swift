/// An n-gram language model with back-off (Katz 1987) as an automaton.
///
/// With h the context and w the word, the model's n-grams say P(w | h) or it backs off to a shorter context:
///
///     P(w | h) = p(h w)                        if h w is among the n-grams
///              = backoff(h) P(w | suffix(h))   otherwise
///
/// A state is the longest suffix of what was said that is the beginning of a longer n-gram or has a back-off other
/// than 1: a context without either gives the same as its suffix and is not told apart (as in KenLM, Heafield 2011).
/// It is a number of 4 bytes, whatever the order, and equal states predict alike. The n-grams h w stand in one
/// hash table under (state of h, w), each with its probability and the state behind it, so that a word
/// costs one look into the table for each time it backs off and one more.
///
/// Scores are KenLM's. Its tables are those of the binary form, mapped or in memory: opening a binary file builds
/// nothing. Words are bytes, compared as such.
public final class NgramModel: LanguageScorer, @unchecked Sendable {
  // Sendable: the tables are never written, and last as long as `memory`.
  let layout: ModelLayout
  let memory: ModelMemory
  // Read in every step: resolved once.
  let places: ModelLayout.Places
  private let base: UnsafeRawPointer
  private let stateCount: UInt32
  private let wordCount32: UInt32
  private let wordBits: UInt64
  private let slotCount: Int
  private let probes: Int
  private let bits: UInt64

  init(layout: ModelLayout, memory: ModelMemory) {
    guard let base = memory.bytes.baseAddress else { preconditionFailure("a model of no bytes") }
    precondition(memory.bytes.count == layout.places.end, "\(memory.bytes.count) bytes of another model")
    self.layout = layout
    self.memory = memory
    self.base = base
    places = layout.places
    stateCount = UInt32(layout.stateCount)
    wordCount32 = UInt32(layout.wordCount)
    wordBits = UInt64(layout.wordBits)
    slotCount = layout.ngramSlots
    probes = layout.ngramProbes
    bits = UInt64(layout.quantizationBits ?? 0)
    let start = base.load(fromByteOffset: places.unigrams.lowerBound + 8 * Int(layout.sentenceStart) + 4, as: UInt32.self)
    self.start = LanguageState(rawValue: UInt64(start < stateCount ? start : 0))
  }

  /// Behind `<s>`.
  public let start: LanguageState

  /// Behind nothing at all: for text that does not begin a sentence.
  public var emptyContext: LanguageState { LanguageState(rawValue: 0) }

  /// The most words of an n-gram.
  public var order: Int { layout.order }

  /// How many n-grams there are of each order, unigrams first; `<unk>` and suffixes that the ARPA file lacked
  /// included.
  public var ngramCounts: [Int] { layout.ngramCounts }

  /// How many states there are: values of `LanguageState` are below it.
  public var states: Int { layout.stateCount }

  /// Whether it was opened from a file in the binary form, rather than read from ARPA.
  public var isBinary: Bool { memory.isMapped }

  /// Bytes of the binary form, and of memory or address space.
  public var byteCount: Int { memory.bytes.count }

  /// Bits of probabilities and back-offs above order 1; nil if they are not quantised.
  public var quantizationBits: Int? { layout.quantizationBits }

  public func score(
    _ word: WordID, after state: LanguageState
  ) -> (logProbability: Float, next: LanguageState) {
    let step = log10Score(word, after: state)
    return (step.log10Probability * naturalLogOf10, step.next)
  }

  public func finish(_ state: LanguageState) -> Float {
    log10Score(sentenceEnd, after: state).log10Probability * naturalLogOf10
  }

  /// As `score`, in the unit of ARPA files and KenLM.
  /// - Precondition: the word and the state are this model's.
  public func log10Score(
    _ word: WordID, after state: LanguageState
  ) -> (log10Probability: Float, next: LanguageState) {
    precondition(
      word.rawValue < wordCount32 && state.rawValue < UInt64(stateCount),
      "word \(word.rawValue) of \(wordCount32), state \(state.rawValue) of \(stateCount)")
    var context = UInt32(truncatingIfNeeded: state.rawValue)
    var backoff: Float = 0
    while context != 0 {
      if let found = ngram(context, word.rawValue) {
        return (backoff + found.log10Probability, self.state(found.next))
      }
      backoff += self.backoff(context)
      context = suffix(context)
    }
    let unigram = places.unigrams.lowerBound + 8 * Int(word.rawValue)
    let probability = base.load(fromByteOffset: unigram, as: Float.self)
    return (backoff + probability, self.state(base.load(fromByteOffset: unigram + 4, as: UInt32.self)))
  }

  /// A state as the tables hold it; in a damaged file it may be none, which must not lead outside.
  @inline(__always)
  private func state(_ number: UInt32) -> LanguageState {
    LanguageState(rawValue: UInt64(number < stateCount ? number : 0))
  }

  /// The next shorter state. Numbers grow with the order, so it is below the state's, in a damaged file too.
  @inline(__always)
  func suffix(_ state: UInt32) -> UInt32 {
    let suffix = base.load(fromByteOffset: places.suffixes.lowerBound + 4 * Int(state), as: UInt32.self)
    return min(suffix, state &- 1)
  }

  /// log10 of the back-off of a state that is not the empty one.
  @inline(__always)
  func backoff(_ state: UInt32) -> Float {
    let index = Int(state)
    if bits == 0 || index < layout.stateEnds[1] {
      return base.load(fromByteOffset: places.backoffs.lowerBound + 4 * index, as: Float.self)
    }
    let code = base.load(
      fromByteOffset: places.backoffCodes.lowerBound + 2 * (index - layout.stateEnds[1]), as: UInt16.self)
    return level(UInt64(code), order: layout.order(ofState: index), codebook: layout.order - 1)
  }

  /// The n-gram of a context that is not the empty one, and a word.
  @inline(__always)
  private func ngram(_ context: UInt32, _ word: UInt32) -> (log10Probability: Float, next: UInt32)? {
    let key = UInt64(context) << wordBits | UInt64(word)
    var slot = place(mixed(key), among: slotCount)
    var left = probes
    if bits == 0 {
      while true {
        let address = base + (places.ngrams.lowerBound + 16 * slot)
        let stored = address.load(as: UInt64.self)
        if stored == key {
          return (address.load(fromByteOffset: 8, as: Float.self), address.load(fromByteOffset: 12, as: UInt32.self))
        }
        if stored == 0 || left == 0 { return nil }
        left -= 1
        slot = slot + 1 == slotCount ? 0 : slot + 1
      }
    }
    while true {
      let address = base + (places.ngrams.lowerBound + 12 * slot)
      let stored = address.loadUnaligned(as: UInt64.self)
      if stored >> bits == key {
        let probability = level(stored, order: layout.order(ofState: Int(context)) + 1, codebook: 0)
        return (probability, address.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
      }
      if stored == 0 || left == 0 { return nil }
      left -= 1
      slot = slot + 1 == slotCount ? 0 : slot + 1
    }
  }

  /// What the lowest bits of `code` stand for, of order 2 and more; `codebook` is the first of its kind.
  @inline(__always)
  func level(_ code: UInt64, order: Int, codebook: Int) -> Float {
    let book = codebook + min(order, layout.order) - 2
    let index = book << Int(bits) | Int(code & (1 << bits - 1))
    return base.load(fromByteOffset: places.codebooks.lowerBound + 4 * index, as: Float.self)
  }
}

/// ln 10.
let naturalLogOf10: Float = 2.302585092994046

/// A hash as a slot: the hash as a fraction of 2^64, times their number (Lemire 2019).
@inline(__always)
func place(_ hash: UInt64, among slots: Int) -> Int {
  Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: slots)).high)
}

extension ModelLayout {
  /// The number of words of a state.
  @inline(__always)
  func order(ofState state: Int) -> Int {
    var order = 0
    while order < stateEnds.count - 1 && state >= stateEnds[order] { order += 1 }
    return order
  }
}
