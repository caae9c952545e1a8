import BeamSearch
import CTC
import LanguageModel
import TestSupport
import Testing
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

@Suite struct LexiconTests {
  /// Emissions that say these tokens one a frame, with all others equally unlikely.
  private func emissions(saying tokens: [Int], size: Int, certainty: Float = 0.9) -> Emissions {
    let rest = log((1 - certainty) / Float(size - 1))
    let values = tokens.flatMap { token in (0..<size).map { $0 == token ? log(certainty) : rest } }
    return Emissions(frames: tokens.count, vocabularySize: size, logPosteriors: values)
  }

  @Test func `a word is written as the lexicon writes it, whatever spells it`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "s", "k", "a", "t", "|"])
    let lexicon = Lexicon(
      words: ["cat", "CATS"], spellings: [(0, [2, 3, 4, 5]), (0, [1, 3, 4, 5]), (1, [2, 3, 4, 1, 5])])
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, lexicon: lexicon))
    let found = decoder.decode(emissions(saying: [1, 3, 4, 5, 2, 3, 4, 1], size: vocabulary.count))
    #expect(
      found[0].text == "cat CATS"
        && found[0].words == [
          LabelledWord(text: "cat", labels: 0..<3), LabelledWord(text: "CATS", labels: 4..<8),
        ])
    #expect(found[0].labels == [1, 3, 4, 5, 2, 3, 4, 1])
  }

  @Test func `of words with one spelling the language model chooses`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "n", "o", "t", "|"])
    let words = ["knot", "not", "to"]
    let lexicon = Lexicon(
      words: words, spellings: [(0, [1, 2, 3, 4]), (1, [1, 2, 3, 4]), (2, [3, 2, 4])])
    struct Model: LanguageScorer {
      var start: LanguageState { LanguageState(rawValue: 0) }
      var emptyContext: LanguageState { LanguageState(rawValue: 0) }
      func id(of word: String) -> WordID {
        WordID(rawValue: ["knot": 1, "not": 2, "to": 3][word] ?? 0)
      }
      // "not" is likely first, "knot" behind "to".
      func score(_ word: WordID, after state: LanguageState) -> (logProbability: Float, next: LanguageState) {
        let isLikely = word.rawValue == 3 || (word.rawValue == 1) == (state.rawValue == 3)
        return (isLikely ? -0.1 : -3, LanguageState(rawValue: UInt64(word.rawValue)))
      }
      func finish(_ state: LanguageState) -> Float { 0 }
    }
    var options = BeamSearchOptions()
    options.languageModelWeight = 1
    options.nbest = 4
    var decoder = BeamDecoder(
      DecodingGraph(vocabulary: vocabulary, languageModel: Model(), lexicon: lexicon, options: options))
    let found = decoder.decode(
      emissions(saying: [1, 2, 3, 4, 3, 2, 4, 1, 2, 3], size: vocabulary.count, certainty: 0.999))
    #expect(found.map(\.text) == ["not to knot", "not to not", "knot to knot", "knot to not"])
    // The same sound for all four, by the same paths.
    #expect(found.allSatisfy { abs($0.acousticScore - found[0].acousticScore) < 1e-9 })
    #expect(abs(found[0].languageModelScore + 0.3) < 1e-6 && abs(found[3].languageModelScore + 6.1) < 1e-6)
  }

  @Test func `without a delimiter words follow each other, and the longest may be the best`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "北", "京", "大", "学"])
    let words = ["北京", "大学", "北京大学", "京大"]
    let lexicon = Lexicon(words: words, vocabulary: vocabulary) { _, _ in Issue.record("spelling") }
    var random = Seeded(1)
    let model = BigramModel(words: words, &random)
    var options = BeamSearchOptions()
    options.nbest = 10
    options.languageModelWeight = 1
    let sure = emissions(saying: [1, 2, 3, 4], size: vocabulary.count, certainty: 0.9999)
    var decoder = BeamDecoder(
      DecodingGraph(vocabulary: vocabulary, languageModel: model, lexicon: lexicon, options: options))
    let best = decoder.decode(sure)[0]
    let readings = [["北京", "大学"], ["北京大学"]]
    let expected = readings.max { model.logProbability(of: $0) < model.logProbability(of: $1) }
    #expect(best.text == "北京大学" && best.words.map(\.text) == expected)
    #expect(abs(best.languageModelScore - model.logProbability(of: best.words.map(\.text))) < 1e-6)
  }

  @Test func `where no word is complete at the end, what is begun is left off`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a", "b", "c", "|"])
    let lexicon = Lexicon(words: ["ab", "ccccc"], vocabulary: vocabulary) { _, _ in Issue.record("spelling") }
    var options = BeamSearchOptions()
    options.width = 1
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, lexicon: lexicon, options: options))
    let found = decoder.decode(
      emissions(saying: [1, 2, 4, 3, 0, 3], size: vocabulary.count, certainty: 0.999))
    #expect(found.map(\.text) == ["ab"])
  }

  @Test func `words that cannot be spelled are named and left out`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "A", "B", "|"])
    var unspellable: [Int] = []
    let exact = Lexicon(words: ["AB", "ab", "X"], vocabulary: vocabulary) { index, _ in
      unspellable.append(index)
    }
    #expect(unspellable == [1, 2] && exact.words.count == 3)
    unspellable = []
    _ = Lexicon(words: ["AB", "ab", "X"], vocabulary: vocabulary, foldsCase: true) { index, _ in
      unspellable.append(index)
    }
    #expect(unspellable == [2])
  }
}
