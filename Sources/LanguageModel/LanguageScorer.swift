/// Where a language model is in a text: as much of what was said as its predictions depend on. Equal states
/// predict alike, so that hypotheses in equal states can be compared by their scores alone.
///
/// Of fixed size whatever the model's order: a place in the model's own tables.
public struct LanguageState: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A language model as a decoder sees it: `start`, `score`, `finish` (as KenLM's and flashlight's).
///
///     ln P(w_1 ... w_n </s> | <s>) = sum over i of score(w_i, after: s_{i-1}).logProbability + finish(s_n)
///
/// with s_0 = start and s_i = score(w_i, after: s_{i-1}).next.
public protocol LanguageScorer: Sendable {
  /// Behind the sentence's beginning, `<s>`.
  var start: LanguageState { get }
  /// Behind nothing: what follows is judged by itself alone.
  var emptyContext: LanguageState { get }
  /// What the model knows a word as, compared byte for byte; ``WordID/unknown`` if it does not.
  func id(of word: String) -> WordID
  /// Natural log of the word's probability in a state, and the state behind it.
  func score(_ word: WordID, after state: LanguageState) -> (logProbability: Float, next: LanguageState)
  /// Natural log of the probability that the sentence ends in a state, `</s>`.
  func finish(_ state: LanguageState) -> Float
}

/// A word of a language model's vocabulary.
public struct WordID: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `<unk>`, as in every model.
  public static let unknown = WordID(rawValue: 0)
}
