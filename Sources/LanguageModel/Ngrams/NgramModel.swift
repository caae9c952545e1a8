/// An n-gram language model with back-off (Katz 1987) as an automaton.
///
/// With h the context and w the word, the model's n-grams say P(w | h) or it backs off to a shorter context:
///
///     P(w | h) = p(h w)                        if h w is among the n-grams
///              = backoff(h) P(w | suffix(h))   otherwise
///
/// A state is the longest suffix of what was said that is the beginning of a longer n-gram or has a back-off
/// other than 1: a context without either gives the same as its suffix and is not told apart (as in KenLM,
/// Heafield 2011). It is a number of 4 bytes, whatever the order, and equal states predict alike. The n-grams
/// h w stand in one hash table for each order, under (state of h, w); a filter of the words that follow a
/// state spares most looks into the table that would find nothing (``NgramTables``).
///
/// Scores are KenLM's. Its tables are those of the binary form, mapped or in memory: opening a binary file
/// builds nothing. Words are bytes, compared as such.
public final class NgramModel: LanguageScorer, @unchecked Sendable {
  // Sendable: the tables are never written, and last as long as `memory`.
  let layout: ModelLayout
  let memory: ModelMemory
  let places: ModelLayout.Places
  let tables: NgramTables

  init(layout: ModelLayout, memory: ModelMemory) {
    self.layout = layout
    self.memory = memory
    places = layout.places
    tables = NgramTables(layout, memory)
    start = LanguageState(rawValue: UInt64(tables.unigram(layout.sentenceStart).next))
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

  /// How many states there are, the empty context included.
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
      word.rawValue < tables.wordCount && state.rawValue < UInt64(tables.nodeCount),
      "word \(word.rawValue) of \(tables.wordCount), state \(state.rawValue) of \(tables.nodeCount)")
    let (probability, next) = tables.score(word.rawValue, after: UInt32(truncatingIfNeeded: state.rawValue))
    return (probability, LanguageState(rawValue: UInt64(next)))
  }
}

/// ln 10.
let naturalLogOf10: Float = 2.302585092994046
