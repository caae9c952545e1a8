import BeamSearch
import LanguageModel
import TestSupport
import Testing
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

@Suite struct NBestTests {
  private func hypothesis(_ text: String, _ score: Double) -> BeamHypothesis {
    let words = text.split(separator: " ").map { LabelledWord(text: String($0), labels: 0..<1) }
    return BeamHypothesis(text: text, words: words, labels: [], score: score, acousticScore: score)
  }

  @Test func `word confidences, worked by hand`() {
    // Posteriors 1/2, 1/4, 1/4.
    let list = NBestPosteriors([
      hypothesis("the cat sat", log(2)), hypothesis("a cat sat", 0), hypothesis("the cat", 0),
    ])
    #expect(zip(list.posteriors, [0.5, 0.25, 0.25]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(zip(list.wordConfidences(of: 0), [0.75, 1, 0.75]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(zip(list.wordConfidences(of: 1), [0.25, 1, 0.75]).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  @Test func `a scale of 0 makes all texts equal, a small one flattens`() {
    let texts = [hypothesis("a", 0), hypothesis("b", -4)]
    #expect(NBestPosteriors(texts, scale: 0).posteriors == [0.5, 0.5])
    let flat = NBestPosteriors(texts, scale: 0.5).posteriors
    #expect(abs(flat[0] - 1 / (1 + exp(-2.0))) < 1e-15)
  }

  @Test func `the text of least risk may be another than the best, worked by hand`() {
    // 0.4, 0.3, 0.3. Risk of "x": 0.3 x 2 + 0.3 x 2 = 1.2; of "a b": 0.4 x 2 + 0.3 x 1 = 1.1; of "a c" the
    // same.
    let list = NBestPosteriors([
      hypothesis("x", log(0.4)), hypothesis("a c", log(0.3)), hypothesis("a b", log(0.3) + 1e-9),
    ])
    #expect(list.byRisk.map(\.text) == ["a b", "a c", "x"])
  }

  @Test func `a second language model reorders the list by its weight`() {
    var random = Seeded(4)
    let model = BigramModel(words: ["a", "b", "c"], &random)
    let list = [hypothesis("a b", -1), hypothesis("b c a", -2), hypothesis("", -9)]
    let rescored = Rescoring(languageModel: model, weight: 0.7).rescored(list)
    for hypothesis in rescored {
      let before = list.first { $0.text == hypothesis.text }!
      let expected = before.score + 0.7 * model.logProbability(of: hypothesis.words.map(\.text))
      #expect(abs(hypothesis.score - expected) < 1e-12)
      #expect(hypothesis.acousticScore == before.acousticScore)
    }
    #expect(zip(rescored, rescored.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(Rescoring(languageModel: model, weight: 0).rescored(list) == list)
  }
}
