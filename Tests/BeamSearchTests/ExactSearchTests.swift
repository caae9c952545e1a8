import BeamSearch
import CTC
import LanguageModel
import TestSupport
import Testing
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// With the beam wide open the search is exact: it finds every labelling, each with the summed probability of
/// all its paths, as enumerating all V^T paths does.
@Suite struct ExactSearchTests {
  @Test(arguments: 1...12) func `the n-best of an open beam are those of all paths`(seed: UInt64) throws {
    var random = Seeded(seed)
    let frames = 1 + Int(random.next() % 6)
    let tokens = ["<pad>", "a", "b", "|"]
    let vocabulary = try CTCVocabulary(tokens: tokens)
    let emissions = randomEmissions(frames: frames, size: vocabulary.count, among: 4, &random)
    var options = BeamSearchOptions()
    options.width = 10_000
    options.nbest = 10_000
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, options: options))
    let found = decoder.decode(emissions)

    var texts: [String: Double] = [:]
    for path in paths(frames: frames, among: 4) {
      var probability = 1.0
      for (frame, token) in path.enumerated() { probability *= exp(Double(emissions[frame, token])) }
      let collapsed = collapse(path, blank: vocabulary.blank)
      texts[vocabulary.text(ofCollapsed: collapsed), default: 0] += probability
    }
    let expected = texts.sorted { $0.value > $1.value }
    #expect(found.count == expected.count)
    for (hypothesis, answer) in zip(found, expected) {
      // Sums of at most 4^6 terms, each of 6 products of e^x with a Float's x taken exactly.
      #expect(abs(hypothesis.acousticScore - log(answer.value)) < 1e-11)
      #expect(hypothesis.score == hypothesis.acousticScore)
      #expect(abs(log(texts[hypothesis.text]!) - hypothesis.acousticScore) < 1e-11)
    }
  }

  @Test(arguments: 1...12)
  func `with a language model, word scores and hotwords it is exact, too`(seed: UInt64) throws {
    var random = Seeded(seed)
    let frames = 2 + Int(random.next() % 5)
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a", "b", "|"])
    let emissions = randomEmissions(frames: frames, size: vocabulary.count, among: 4, &random)
    let model = BigramModel(words: ["a", "b", "ab", "ba"], &random)
    var options = BeamSearchOptions()
    options.width = 10_000
    options.nbest = 10_000
    options.languageModelWeight = 0.7
    options.wordInsertionScore = 0.9
    options.unknownWordScore = -0.4
    options.unknownTokenScore = -0.3
    let phrases = [("a b", 1.5), ("ab", -0.8), ("b", 0.6), ("b a", 2.0), ("a", 0.3)]
    let hotwords = Hotwords(
      try phrases.map { .init(text: $0.0, labels: try vocabulary.encode($0.0), weight: $0.1) },
      delimiter: vocabulary.delimiter, vocabularySize: vocabulary.count)
    let lexicon = Lexicon(words: model.words, vocabulary: vocabulary) { _, _ in Issue.record("spelling") }
    let isOpen = seed % 2 == 0
    var decoder = BeamDecoder(
      DecodingGraph(
        vocabulary: vocabulary, languageModel: model, lexicon: lexicon, isOpen: isOpen, hotwords: hotwords,
        options: options))
    let found = decoder.decode(emissions)

    var texts: [String: Double] = [:]
    for path in paths(frames: frames, among: 4) {
      let text = vocabulary.text(ofCollapsed: collapse(path, blank: vocabulary.blank))
      let probability = path.enumerated().reduce(1.0) { $0 * exp(Double(emissions[$1.offset, $1.element])) }
      texts[text, default: 0] += probability
    }
    var expected: [String: Double] = [:]
    for (text, probability) in texts {
      let words = text.split(separator: " ").map(String.init)
      if !isOpen && !words.allSatisfy(model.words.contains) { continue }
      var score = log(probability) + 0.7 * model.logProbability(of: words) + 0.9 * Double(words.count)
      let unknown = words.filter { !model.words.contains($0) }
      score -= 0.4 * Double(unknown.count) + 0.3 * Double(unknown.reduce(0) { $0 + $1.count })
      for (phrase, weight) in phrases {
        let parts = phrase.split(separator: " ").map(String.init)
        for start in words.indices where words[start...].starts(with: parts) { score += weight }
      }
      expected[text] = score
    }
    #expect(found.count == expected.count)
    for hypothesis in found {
      let answer = try #require(expected[hypothesis.text])
      // Language model scores are Float: 2^-24 of at most 10 nats, 7 of them.
      #expect(abs(hypothesis.score - answer) < 1e-5, "\(hypothesis.text)")
      let words = hypothesis.text.split(separator: " ").map(String.init)
      #expect(hypothesis.words.map(\.text) == words)
      #expect(abs(hypothesis.languageModelScore - model.logProbability(of: words)) < 1e-5)
    }
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  @Test func `a worked case: two frames, one letter`() throws {
    // P(blank) = 0.6, P(a) = 0.4 in both frames: "" has 0.36, "a" the paths a-, -a and aa, 0.24 + 0.24 +
    // 0.16.
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "a"])
    var values: [Float] = []
    for _ in 0..<2 {
      values += vocabulary.tokens.indices.map {
        $0 == 0 ? Float(log(0.6)) : $0 == 1 ? Float(log(0.4)) : -.infinity
      }
    }
    var options = BeamSearchOptions()
    options.nbest = 5
    var decoder = BeamDecoder(DecodingGraph(vocabulary: vocabulary, options: options))
    let found = decoder.decode(
      Emissions(frames: 2, vocabularySize: vocabulary.count, logPosteriors: values))
    #expect(found.map(\.text) == ["a", ""])
    #expect(abs(found[0].acousticScore - log(0.64)) < 1e-7)
    #expect(abs(found[1].acousticScore - log(0.36)) < 1e-7)
  }
}

/// Log-posteriors over the first tokens; the others are impossible.
func randomEmissions(frames: Int, size: Int, among: Int, _ random: inout Seeded) -> Emissions {
  var values: [Float] = []
  for _ in 0..<frames {
    let logits = (0..<among).map { _ in 4 * Double(random.next() >> 11) / Double(1 << 53) }
    let sum = log(logits.reduce(0) { $0 + exp($1) })
    values += (0..<size).map { $0 < among ? Float(logits[$0] - sum) : -.infinity }
  }
  return Emissions(frames: frames, vocabularySize: size, logPosteriors: values)
}

func paths(frames: Int, among tokens: Int) -> [[Int]] {
  (0..<frames).reduce([[]]) { paths, _ in paths.flatMap { path in (0..<tokens).map { path + [$0] } } }
}

func collapse(_ path: [Int], blank: Int) -> [Int] {
  var labels: [Int] = []
  var last = blank
  for token in path {
    if token != last && token != blank { labels.append(token) }
    last = token
  }
  return labels
}

/// A bigram model with a random probability for each pair of words.
struct BigramModel: LanguageScorer {
  let words: [String]
  /// By state and word; state 0 is the beginning, 1 the unknown word or nothing, further ones known words.
  private let scores: [[Float]]
  private let ends: [Float]

  init(words: [String], _ random: inout Seeded) {
    self.words = words
    func score() -> Float { -5 * Float(random.next() >> 40) / Float(1 << 24) }
    scores = (0..<words.count + 2).map { _ in (0...words.count).map { _ in score() } }
    ends = (0..<words.count + 2).map { _ in score() }
  }

  var start: LanguageState { LanguageState(rawValue: 0) }
  var emptyContext: LanguageState { LanguageState(rawValue: 1) }
  func id(of word: String) -> WordID {
    words.firstIndex(of: word).map { WordID(rawValue: UInt32($0 + 1)) } ?? .unknown
  }
  func score(_ word: WordID, after state: LanguageState) -> (logProbability: Float, next: LanguageState) {
    (scores[Int(state.rawValue)][Int(word.rawValue)], LanguageState(rawValue: UInt64(word.rawValue) + 1))
  }
  func finish(_ state: LanguageState) -> Float { ends[Int(state.rawValue)] }

  func logProbability(of words: [String]) -> Double {
    var state = start
    var sum = 0.0
    for word in words {
      let step = score(id(of: word), after: state)
      sum += Double(step.logProbability)
      state = step.next
    }
    return sum + Double(finish(state))
  }
}
