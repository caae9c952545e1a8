public import LanguageModel
import Vocabulary

/// A second language model's opinion of an n-best list.
///
///     score' = score + weight x ln P(words </s> | <s>) by the second model
///
/// A model that is too large or too slow to search with can still choose among what the search found. The
/// first model's part stays: with both, the two are mixed log-linearly.
public struct Rescoring: Sendable {
  public let languageModel: any LanguageScorer
  public let weight: Double
  /// Whether words match the model's in upper and in lower case, too.
  public let foldsCase: Bool

  public init(languageModel: any LanguageScorer, weight: Double, foldsCase: Bool = false) {
    self.languageModel = languageModel
    self.weight = weight
    self.foldsCase = foldsCase
  }

  /// The hypotheses with their new scores, the best first.
  public func rescored(_ hypotheses: [BeamHypothesis]) -> [BeamHypothesis] {
    hypotheses.map { hypothesis in
      var state = languageModel.start
      var score = 0.0
      for word in hypothesis.words {
        let step = languageModel.score(languageModel.id(of: word.text, foldsCase: foldsCase), after: state)
        score += Double(step.logProbability)
        state = step.next
      }
      score += Double(languageModel.finish(state))
      return hypothesis.adding(weight * score)
    }.sorted { $0.score > $1.score }
  }
}

extension LanguageScorer {
  /// The id of a word, if need be in lower or in upper case.
  func id(of word: String, foldsCase: Bool) -> WordID {
    let exact = id(of: word)
    guard exact == .unknown && foldsCase else { return exact }
    let lower = id(of: word.lowercased())
    return lower == .unknown ? id(of: word.uppercased()) : lower
  }
}

extension BeamHypothesis {
  fileprivate func adding(_ gain: Double) -> BeamHypothesis {
    BeamHypothesis(
      text: text, words: words, labels: labels, score: score + gain, acousticScore: acousticScore,
      languageModelScore: languageModelScore, hotwordScore: hotwordScore, unknownWords: unknownWords)
  }
}
