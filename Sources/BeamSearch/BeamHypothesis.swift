public import Vocabulary

/// A text that a beam search found, with the parts of its score kept apart.
public struct BeamHypothesis: Sendable, Equatable {
  public let text: String
  /// As the lexicon writes them, else as the labels spell them, and the labels of each.
  public let words: [LabelledWord]
  /// The collapsed labels of the best of the paths found.
  public let labels: [Int]
  /// What the objective gives the text; see ``DecodingGraph``.
  public let score: Double
  /// Natural log of the summed probability of the paths found for the text.
  public let acousticScore: Double
  /// Natural log of what the language model gives the words, the sentence's end included if it is scored.
  public let languageModelScore: Double
  /// Sum of the weights of the hotwords that occur.
  public let hotwordScore: Double
  /// Words among ``words`` that the language model does not know.
  public let unknownWords: Int

  public init(
    text: String, words: [LabelledWord], labels: [Int], score: Double, acousticScore: Double,
    languageModelScore: Double = 0, hotwordScore: Double = 0, unknownWords: Int = 0
  ) {
    self.text = text
    self.words = words
    self.labels = labels
    self.score = score
    self.acousticScore = acousticScore
    self.languageModelScore = languageModelScore
    self.hotwordScore = hotwordScore
    self.unknownWords = unknownWords
  }
}
