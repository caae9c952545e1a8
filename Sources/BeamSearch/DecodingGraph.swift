public import LanguageModel
public import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// What a beam search may say and what it thinks of it, the sound aside: vocabulary, language model, lexicon
/// and hotwords with their weights. Made once, used by any number of decoders on any threads.
///
/// ## The objective
///
/// Of all texts, the search looks for the one with the largest
///
///     score = ln P(labels | emissions) + languageModelWeight x ln P(words </s> | <s>)
///             + wordInsertionScore x words + unknownWordScore x unknown words
///             + unknownTokenScore x their tokens + sum of hotwords' weights
///
/// where P(labels | emissions) is the sum over the paths that collapse to the labels.
///
/// ## Look-ahead
///
/// A word's share of the score is known only when the word is complete, and a prefix that has just paid for a
/// word must not lose to one that has not paid yet. So a prefix inside a word is charged beforehand the best
/// that any word still possible could cost by itself (its `lookahead`: ln P of the word without context,
/// smeared down the trie of spellings); the word's end replaces the estimate by what it costs in context.
/// Estimates cancel: they change which prefixes survive, never the score of a text.
public struct DecodingGraph: Sendable {
  /// What the language model counts as a word.
  public enum Unit: Sendable, Equatable {
    /// Words between delimiters, or of the lexicon.
    case word
    /// Each token of the vocabulary, the delimiter too: character and subword language models.
    case token
  }

  public let vocabulary: CTCVocabulary
  public let options: BeamSearchOptions
  public let unit: Unit
  let languageModel: any LanguageScorer
  /// False where the language model has no opinion.
  public let usesLanguageModel: Bool
  /// Only its words may be said; of an open vocabulary, those that the language model knows.
  let lexicon: Lexicon?
  /// Whether words outside the lexicon may be said, too.
  let isOpen: Bool
  let hotwords: Hotwords?
  /// By token, of the model or of the vocabulary alone: whether it stands between words.
  let isSeparator: [Bool]
  /// By word of the lexicon: what the language model knows it as.
  let wordIDs: [WordID]
  /// (V), for language models over tokens.
  let tokenIDs: [WordID]
  /// By place of the lexicon: what a prefix there is charged beforehand; 0 at the root.
  let lookahead: [Double]
  /// By place: e^(its lookahead - its parent's).
  let lookaheadRatio: [Double]
  /// By place: at least the ratio of any step to a token that does not stand between words.
  let largestRatio: [Double]
  /// What a prefix outside the lexicon is charged beforehand, the tokens of its word aside.
  private let unknownLookahead: Double

  /// A place for prefixes whose word is not in the lexicon.
  static let outside: Int32 = -1

  /// - Parameters:
  ///   - classes: V, the tokens of the emissions; nil for as many as the vocabulary has.
  ///   - lexicon: the words that may be said.
  ///   - isOpen: other words may be said, too; the lexicon then serves for look-ahead alone.
  ///   - foldsCase: the language model's words match in upper and in lower case, too.
  public init(
    vocabulary: CTCVocabulary, classes: Int? = nil, languageModel: any LanguageScorer = NullLanguageModel(),
    unit: Unit = .word,
    lexicon: Lexicon? = nil, isOpen: Bool = false, hotwords: Hotwords? = nil, foldsCase: Bool = false,
    options: BeamSearchOptions = BeamSearchOptions()
  ) {
    precondition(options.width > 0, "a beam of width \(options.width)")
    precondition(options.unknownTokenScore <= 0, "an unknown token's score of \(options.unknownTokenScore)")
    precondition(
      options.languageModelWeight >= 0, "a language model weight of \(options.languageModelWeight)")
    self.vocabulary = vocabulary
    self.languageModel = languageModel
    self.unit = unit
    self.lexicon = lexicon
    self.isOpen = isOpen || lexicon == nil
    self.hotwords = hotwords
    self.options = options
    usesLanguageModel = !(languageModel is NullLanguageModel)
    isSeparator = (0..<max(vocabulary.count, classes ?? 0)).map {
      $0 != vocabulary.blank && vocabulary.separatesWords($0)
    }
    func id(of word: String) -> WordID { languageModel.id(of: word, foldsCase: foldsCase) }
    wordIDs = unit == .word ? lexicon?.words.map(id) ?? [] : []
    tokenIDs =
      unit == .token
      ? isSeparator.indices.map { [isSeparator] label in
        let own = id(of: vocabulary.token(label))
        guard own == .unknown && isSeparator[label] else { return own }
        return ["|", "<space>", " "].lazy.map(id).first { $0 != .unknown } ?? .unknown
      } : []
    let weight = options.languageModelWeight
    let bare = languageModel.emptyContext
    func cost(of word: WordID) -> Double {
      weight * Double(languageModel.score(word, after: bare).logProbability) + options.wordInsertionScore
        + (word == .unknown ? options.unknownWordScore : 0)
    }
    guard let lexicon, unit == .word else {
      (lookahead, lookaheadRatio, largestRatio, unknownLookahead) = ([0], [1], [1], 0)
      return
    }
    let unknown = self.isOpen ? cost(of: .unknown) : -.infinity
    var best = lexicon.bestBelow { [wordIDs] in cost(of: wordIDs[Int($0)]) }
    // By place: what leaving the lexicon there would cost beforehand.
    var leaving = [Double](repeating: unknown, count: best.count)
    for place in 0..<Int32(best.count) {
      for child in lexicon.children(of: place) {
        leaving[Int(child)] = leaving[Int(place)] + options.unknownTokenScore
      }
    }
    for place in best.indices { best[place] = max(best[place], leaving[place]) }
    best[0] = 0
    var ratio = [Double](repeating: 1, count: best.count)
    var largest = [Double](repeating: 0, count: best.count)
    for place in 0..<Int32(best.count) {
      for child in lexicon.children(of: place) {
        ratio[Int(child)] = exp(best[Int(child)] - best[Int(place)])
        largest[Int(place)] = max(largest[Int(place)], ratio[Int(child)])
        if !lexicon.ends(at: child).isEmpty && !isSeparator[Int(lexicon.places[Int(child)].token)] {
          // A word that ends without a separator may be certain in context.
          let most = options.wordInsertionScore + max(0, options.unknownWordScore) - best[Int(place)]
          largest[Int(place)] = max(largest[Int(place)], exp(most))
        }
      }
      if self.isOpen {
        let outside = leaving[Int(place)] + options.unknownTokenScore
        largest[Int(place)] = max(largest[Int(place)], exp(outside - best[Int(place)]))
      }
    }
    lookahead = best
    lookaheadRatio = ratio
    largestRatio = largest
    unknownLookahead = unknown
  }

  /// What a prefix is charged beforehand.
  func lookahead(of prefix: Prefix) -> Double {
    if lookahead.count == 1 { return 0 }
    return prefix.place == Self.outside
      ? outsideLookahead(tokens: prefix.wordTokens) : lookahead[Int(prefix.place)]
  }

  /// e^(what a step adds for hotwords), where there are some.
  @inline(__always)
  func hotwordRatio(_ state: Int32, _ label: Int32) -> Double { hotwords!.ratio(state, label) }

  /// Of a prefix outside the lexicon, with so many tokens of its word.
  func outsideLookahead(tokens: Int32) -> Double {
    unknownLookahead + options.unknownTokenScore * Double(tokens)
  }
}
