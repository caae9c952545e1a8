/// The language model that has no opinion: every text has probability 1.
public struct NullLanguageModel: LanguageScorer {
  public init() {}

  public var start: LanguageState { LanguageState(rawValue: 0) }
  public var emptyContext: LanguageState { start }
  public func id(of word: String) -> WordID { .unknown }
  public func score(_ word: WordID, after state: LanguageState) -> (
    logProbability: Float, next: LanguageState
  ) {
    (0, state)
  }
  public func finish(_ state: LanguageState) -> Float { 0 }
}
