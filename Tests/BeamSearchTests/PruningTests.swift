import BeamSearch
import CTC
import LanguageModel
import TestSupport
import Testing
import Vocabulary

@Suite struct PruningTests {
  private let vocabulary = try! CTCVocabulary(tokens: ["<pad>", "a", "b", "c", "d", "|"])

  private func decode(_ emissions: Emissions, _ options: BeamSearchOptions) -> [BeamHypothesis] {
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, options: options))
    return decoder.decode(emissions)
  }

  @Test(arguments: 1...10) func `thresholds that prune nothing change nothing`(seed: UInt64) {
    var random = Seeded(seed)
    let emissions = randomEmissions(frames: 40, size: vocabulary.count, among: 6, &random)
    var options = BeamSearchOptions()
    options.width = 30
    options.nbest = 30
    let all = decode(emissions, options)
    // Posteriors of a frame are at most 4 nats apart, prefixes of one frame no more than a few frames' worth.
    options.tokenThreshold = 4.5
    options.tokensPerFrame = 5
    options.beamThreshold = 600
    #expect(decode(emissions, options) == all)
  }

  @Test(arguments: 1...10) func `of one token a frame, the beam is greedy`(seed: UInt64) {
    var random = Seeded(seed)
    let emissions = randomEmissions(frames: 40, size: vocabulary.count, among: 6, &random)
    var options = BeamSearchOptions()
    options.tokenThreshold = 0
    let greedy = GreedyDecoder(blank: vocabulary.blank).decode(emissions)
    let found = decode(emissions, options)
    #expect(found.count == 1 && found[0].labels == greedy.labels)
    // The one path there is.
    let path = emissions.bestPath.enumerated().reduce(0.0) { $0 + Double(emissions[$1.offset, $1.element]) }
    #expect(abs(found[0].acousticScore - path) < 1e-10)
  }

  @Test(arguments: 1...10) func `a wider beam finds no worse a text`(seed: UInt64) {
    var random = Seeded(seed)
    let emissions = randomEmissions(frames: 60, size: vocabulary.count, among: 5, &random)
    var options = BeamSearchOptions()
    options.width = 4000
    let best = decode(emissions, options)[0]
    options.width = 8
    let narrow = decode(emissions, options)[0]
    #expect(narrow.acousticScore <= best.acousticScore + 1e-9)
    // What the open beam sums up is the whole probability of its text, or all but a sliver.
    let whole = emissions.logProbability(of: best.labels, blank: vocabulary.blank)
    #expect(best.acousticScore <= whole + 1e-9)
  }

  @Test func `in a large vocabulary only the chosen tokens of a frame are searched`() throws {
    var tokens = ["<pad>"]
    for index in 0..<5000 { tokens.append("\(index),") }
    let vocabulary = try CTCVocabulary(tokens: tokens)
    var random = Seeded(3)
    let emissions = randomEmissions(frames: 30, size: vocabulary.count, among: 5001, &random)
    var options = BeamSearchOptions()
    options.tokensPerFrame = 1
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, options: options))
    let found = try #require(decoder.decode(emissions).first)
    // Each frame offers its best token other than the blank, and the blank.
    let best = (0..<30).map { frame in (1..<5001).max { emissions[frame, $0] < emissions[frame, $1] }! }
    #expect(Set(found.labels).isSubset(of: Set(best)))
    #expect(found.labels.count > 10)
  }

  @Test func `a lexicon that the frame's pruned tokens cannot go on with still finds its word`() throws {
    // The sound says "b" for sure; only "a" is a word.
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a", "b"])
    let size = vocabulary.count
    var row = [Float](repeating: -.infinity, count: size)
    row[1] = -900
    row[2] = 0
    let emissions = Emissions(frames: 2, vocabularySize: size, logPosteriors: row + row)
    var options = BeamSearchOptions()
    options.tokenThreshold = 5
    let lexicon = Lexicon(words: ["a"], spellings: [(word: 0, tokens: [1])])
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, lexicon: lexicon, options: options))
    #expect(decoder.decode(emissions).map(\.text) == ["a"])
  }
}
