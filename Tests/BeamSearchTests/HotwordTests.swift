import BeamSearch
import CTC
import LanguageModel
import TestSupport
import Testing
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

@Suite struct HotwordTests {
  private let vocabulary = try! CTCVocabulary(tokens: ["<pad>", "a", "b", "c", "|"])

  private func hotwords(_ phrases: [(String, Double)]) throws -> Hotwords {
    Hotwords(
      try phrases.map { .init(text: $0.0, labels: try vocabulary.encode($0.0), weight: $0.1) },
      delimiter: vocabulary.wordSeparator, vocabularySize: vocabulary.count)
  }

  private func decode(_ emissions: Emissions, _ hotwords: Hotwords?, width: Int = 50) -> [BeamHypothesis] {
    var options = BeamSearchOptions()
    options.width = width
    options.nbest = width
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, hotwords: hotwords, options: options))
    return decoder.decode(emissions)
  }

  @Test func `a phrase counts once for each time it occurs as whole words`() throws {
    var random = Seeded(9)
    let emissions = randomEmissions(frames: 14, size: vocabulary.count, among: 5, &random)
    let phrases = [("a", 0.5), ("ab", 1.0), ("a b", 0.25), ("b a", -0.75), ("c", -0.5), ("a", 0.125)]
    let found = decode(emissions, try hotwords(phrases), width: 400)
    let plain = decode(emissions, nil, width: 400)
    for hypothesis in found {
      let words = hypothesis.text.split(separator: " ").map(String.init)
      var expected = 0.0
      for (phrase, weight) in phrases {
        let parts = phrase.split(separator: " ").map(String.init)
        for start in words.indices where words[start...].starts(with: parts) { expected += weight }
      }
      #expect(abs(hypothesis.hotwordScore - expected) < 1e-9, "\(hypothesis.text)")
      #expect(abs(hypothesis.score - hypothesis.acousticScore - expected) < 1e-9)
    }
    #expect(Set(found.map(\.text)) != Set(plain.map(\.text)) && found.count > 100)
  }

  @Test func `a phrase that is being spelled survives a narrow beam, one that fails leaves no trace`() throws
  {
    // "ab" is 3 nats a frame behind "c" until it is complete.
    func row(_ scores: [Float]) -> [Float] {
      let sum = log(scores.reduce(0) { $0 + exp($1) })
      return (0..<vocabulary.count).map { $0 < 5 ? scores[$0] - sum : -.infinity }
    }
    var values = row([-9, 0, -9, 3, -9]) + row([-9, -9, 0, 3, -9])
    values += row([9, -9, -9, -9, -9])
    let emissions = Emissions(frames: 3, vocabularySize: vocabulary.count, logPosteriors: values)
    let plain = decode(emissions, nil, width: 2)
    #expect(plain[0].text == "c" && !plain.contains { $0.text == "ab" })
    let boosted = decode(emissions, try hotwords([("ab", 8)]), width: 2)
    #expect(boosted[0].text == "ab")
    #expect(abs(boosted[0].score - boosted[0].acousticScore - 8) < 1e-9)
    // Its beginning alone is worth nothing.
    let failed = decode(emissions, try hotwords([("abba", 8)]), width: 3)
    #expect(failed[0].text == "c" && failed.allSatisfy { abs($0.hotwordScore) < 1e-9 })
  }

  @Test func `equal phrases share a state, and ten thousand change no score of a text without them`() throws {
    var random = Seeded(2)
    let emissions = randomEmissions(frames: 30, size: vocabulary.count, among: 5, &random)
    let phrases = (0..<10_000).map { _ in
      (String((0..<12).map { _ in "abc".randomElement(using: &random)! }), 5.0)
    }
    let found = decode(emissions, try hotwords(phrases))
    let long = Set(phrases.map(\.0))
    for hypothesis in found where !hypothesis.words.contains(where: { long.contains($0.text) }) {
      #expect(abs(hypothesis.score - hypothesis.acousticScore) < 1e-9)
    }
  }
}
