import BeamSearch
import CTC
import LanguageModel
import TestSupport
import Testing
import Vocabulary

@Suite struct StreamingTests {
  @Test(arguments: 1...8) func `blocks of any length give exactly what the whole gives`(seed: UInt64) throws {
    var random = Seeded(seed)
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a", "b", "c", "|"])
    let emissions = randomEmissions(frames: 120, size: vocabulary.count, among: 5, &random)
    let model = BigramModel(words: ["a", "b", "ab", "ba", "cab"], &random)
    var options = BeamSearchOptions()
    options.width = 12
    options.nbest = 12
    options.beamThreshold = 9
    options.tokenThreshold = 6
    let hotwords = Hotwords(
      [.init(text: "cab", labels: try vocabulary.encode("cab"), weight: 2)], delimiter: vocabulary.delimiter,
      vocabularySize: vocabulary.count)
    let graph = DecodingGraph(
      vocabulary: vocabulary, languageModel: model,
      lexicon: Lexicon(words: model.words, vocabulary: vocabulary) { _, _ in Issue.record("spelling") },
      isOpen: seed % 2 == 0, hotwords: hotwords, options: options)
    var whole = BeamDecoder(graph)
    let expected = whole.decode(emissions)
    var stream = BeamDecoder(graph)
    _ = stream.decode(randomEmissions(frames: 7, size: vocabulary.count, among: 5, &random))
    stream.reset()
    var stable: [Int] = []
    var frame = 0
    while frame < emissions.frames {
      let count = min(1 + Int(random.next() % 17), emissions.frames - frame)
      stream.accept(emissions.slice(frame..<frame + count))
      frame += count
      // What was stable stays.
      #expect(stream.stableLabels.starts(with: stable))
      stable = stream.stableLabels
      // Looking at the hypotheses half way changes nothing.
      if random.next() % 3 == 0 { _ = stream.hypotheses() }
    }
    #expect(stream.frames == 120)
    #expect(stream.hypotheses() == expected)
    #expect(expected.count > 1 && expected.allSatisfy { $0.labels.starts(with: stable) })
  }

  @Test func `a long stream is decoded in bounded memory, and its end is not lost`() throws {
    var random = Seeded(5)
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a", "b", "c", "|"])
    let emissions = randomEmissions(frames: 12_000, size: vocabulary.count, among: 5, &random)
    var options = BeamSearchOptions()
    options.width = 20
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, options: options))
    decoder.accept(emissions)
    // 12,000 frames make more than 100,000 prefixes, of which those that lead nowhere are dropped on the way.
    #expect(decoder.prefixCount < 80_000)
    let best = try #require(decoder.hypotheses().first)
    #expect(best.labels.count > 3000)
    #expect(best.acousticScore <= emissions.logProbability(of: best.labels, blank: vocabulary.blank) + 1e-6)
  }

  @Test func `behind a frame in which nothing is possible there is no hypothesis`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a"])
    let size = vocabulary.count
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary))
    let nothing = [Float](repeating: -.infinity, count: size)
    let found = decoder.decode(Emissions(frames: 1, vocabularySize: size, logPosteriors: nothing))
    #expect(found.isEmpty)
    #expect(
      decoder.decode(Emissions(frames: 0, vocabularySize: size, logPosteriors: [])).map(\.text) == [""])
  }
}

extension Emissions {
  func slice(_ range: Range<Int>) -> Emissions {
    Emissions(
      frames: range.count, vocabularySize: vocabularySize,
      logPosteriors: Array(
        logPosteriors[range.lowerBound * vocabularySize..<range.upperBound * vocabularySize]))
  }
}
