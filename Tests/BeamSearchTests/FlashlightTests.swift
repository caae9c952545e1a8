import BeamSearch
import CTC
import JSON
import LanguageModel
import TestSupport
import Testing
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// flashlight-text's lexicon decoder with nothing pruned, on random emissions: scripts/goldens/beam_search.py.
@Suite struct FlashlightTests {
  /// Sums and language models there are in single precision, and the file has 6 digits behind the point.
  private func tolerance(_ score: Double) -> Double { 16 * Double(Float(abs(score)).ulp) + 1e-6 }

  @Test func `every text that flashlight finds, with its score`() throws {
    let file = try JSONValue(contentsOf: golden("flashlight.json"))
    let tokens = try #require(file["tokens"]?.array).compactMap(\.string)
    var settings = TokenizerSettings()
    settings.beginToken = nil
    settings.endToken = nil
    settings.unknownToken = nil
    let vocabulary = try CTCVocabulary(tokens: tokens, settings: settings)
    let entries = try #require(file["lexicon"]?.object)
    let spellings = entries.members.enumerated().flatMap { word, entry in
      (entry.value.array ?? []).map { way in
        (word: word, tokens: (way.array ?? []).map { tokens.firstIndex(of: $0.string ?? "") ?? -1 })
      }
    }
    let lexicon = Lexicon(words: entries.keys, spellings: spellings)
    let model = try NgramModel(path: "\(goldenLanguageModels)/order3.arpa")
    let cases = try #require(file["cases"]?.array)
    #expect(cases.count == 6)
    for each in cases {
      let rows = try #require(each["logits"]?.array).map { ($0.array ?? []).map { $0.double ?? .nan } }
      let emissions = Emissions(
        frames: rows.count, vocabularySize: tokens.count, logPosteriors: rows.flatMap(logPosteriors))
      var options = BeamSearchOptions()
      options.width = 200_000
      options.nbest = options.width
      options.languageModelWeight = try #require(each["lm_weight"]?.double)
      options.wordInsertionScore = try #require(each["word_score"]?.double)
      var decoder = BeamDecoder(
        DecodingGraph(
          vocabulary: vocabulary, classes: tokens.count, languageModel: model, lexicon: lexicon,
          options: options))
      let found = decoder.decode(emissions)
      #expect(found.count == each["texts"]?.int)
      #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
      let scores = Dictionary(uniqueKeysWithValues: found.map { ($0.text, $0.score) })
      // Equally good texts may change places.
      for answer in try #require(each["best"]?.array) {
        let (text, score) = (try #require(answer["text"]?.string), try #require(answer["score"]?.double))
        #expect(abs(try #require(scores[text]) - score) < tolerance(score), "\(text)")
      }
    }
  }
}

private func logPosteriors(_ logits: [Double]) -> [Float] {
  let largest = logits.max() ?? 0
  let sum = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
  return logits.map { Float($0 - sum) }
}
