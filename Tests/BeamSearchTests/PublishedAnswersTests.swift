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

/// Emissions that other decoders are tested with, and what those tests say they hold.
@Suite(.enabled(if: Published.isThere, "no emissions beside the package"))
struct PublishedAnswersTests {
  // MARK: pyctcdecode, tests/test_decoder.py

  @Test func `pyctcdecode's LibriSpeech utterance`() throws {
    let rows = try #require(
      try JSONValue(contentsOf: "\(Published.folder)/pyctcdecode/libri_logits.json").array)
    let tokens = [" "] + "abcdefghijklmnopqrstuvwxyz'".map(String.init) + ["<pad>"]
    let values = rows.flatMap { logPosteriors(($0.array ?? []).map { $0.double ?? .nan }) }
    let vocabulary = try CTCVocabulary(tokens: tokens, settings: bare)
    let emissions = Emissions(frames: rows.count, vocabularySize: tokens.count, logPosteriors: values)
    var options = BeamSearchOptions()
    options.width = 100
    var decoder = BeamDecoder(
      DecodingGraph(vocabulary: vocabulary, classes: tokens.count, options: options))
    let best = try #require(decoder.decode(emissions).first)
    #expect(
      best.text
        == "i have a good deal of will you remember and what i have set my mind upon no doubt i shall some day achieve"
    )
    #expect(best.words.count == 24)
  }

  /// "bugs" or "bunny" in the first word, 0.49 against 0.51 in each of four frames.
  private func bugsOrBunny() throws -> (CTCVocabulary, Emissions) {
    let tokens = [" ", "b", "g", "n", "s", "u", "y", "<pad>"]
    let bugs = ["b", "u", "g", "s", "<pad>", "<pad>"]
    let bunny = ["b", "u", "n", "<pad>", "n", "y"]
    var values: [Float] = []
    func add(_ weights: [String: Double]) {
      values += logPosteriors(tokens.map { log(max(1e-15, weights[$0] ?? 0)) })
    }
    for (first, second) in zip(bugs, bunny) {
      add([first: 0.49].merging([second: 0.51], uniquingKeysWith: +))
    }
    add([" ": 1])
    for token in bunny { add([token: 1]) }
    let vocabulary = try CTCVocabulary(tokens: tokens, settings: bare)
    return (vocabulary, Emissions(frames: 13, vocabularySize: tokens.count, logPosteriors: values))
  }

  private func decode(
    weight: Double? = nil, hotwords: [String: Double] = [:], nbest: Int = 1, tokenThreshold: Float = .infinity
  ) throws -> [BeamHypothesis] {
    let (vocabulary, emissions) = try bugsOrBunny()
    var options = BeamSearchOptions()
    options.width = 100
    options.nbest = nbest
    options.tokenThreshold = tokenThreshold
    options.languageModelWeight = weight ?? 0
    let phrases = try hotwords.map {
      Hotwords.Phrase(
        text: $0.key, labels: try vocabulary.encode($0.value == 0 ? "" : $0.key), weight: $0.value)
    }
    let scorer =
      hotwords.isEmpty
      ? nil
      : Hotwords(phrases, delimiter: vocabulary.wordSeparator, vocabularySize: vocabulary.count)
    var model: any LanguageScorer = NullLanguageModel()
    var lexicon: Lexicon?
    if weight != nil {
      model = try NgramModel(path: "\(Published.folder)/pyctcdecode/bugs_bunny_kenlm.arpa")
      lexicon = Lexicon(words: ["bugs", "bunny"], vocabulary: vocabulary) { _, _ in Issue.record("spelling") }
    }
    var decoder = BeamDecoder(
      DecodingGraph(
        vocabulary: vocabulary, classes: 8, languageModel: model, lexicon: lexicon, isOpen: true,
        hotwords: scorer, options: options))
    return decoder.decode(emissions)
  }

  @Test func `pyctcdecode's bugs and bunnies`() throws {
    #expect(try decode()[0].text == "bunny bunny")
    #expect(try decode(weight: 0)[0].text == "bunny bunny")
    #expect(try decode(weight: 1)[0].text == "bugs bunny")
    #expect(try decode(weight: 1, tokenThreshold: 0)[0].text == "bunny bunny")
    #expect(try decode(weight: 0.5, hotwords: ["bunny": 20])[0].text == "bunny bunny")
    #expect(try decode(weight: 0.5, hotwords: ["bugs": 20, "bunny": 20])[0].text == "bugs bunny")
    #expect(try decode(weight: 0.5, hotwords: ["bugs bunny": 20])[0].text == "bugs bunny")
    #expect(try decode(hotwords: ["bugs": 10])[0].text == "bugs bunny")
    // logit_score of both, to the sum over paths that pyctcdecode's search does not merge.
    let all = try decode(nbest: 100)
    let bugs = try #require(all.first { $0.text == "bugs bunny" })
    #expect(abs(bugs.acousticScore + 2.853399551509947) < 1e-5)
    #expect(abs(all[0].acousticScore + 2.6933782130551505) < 1e-5)
    // The language model's score in context: ln P("bugs bunny" </s>) is 0 in that model.
    #expect(abs(try decode(weight: 1)[0].languageModelScore) < 1e-5)
  }

  // MARK: flashlight-text, test_decoder.py

  @Test func `flashlight's language model scores its sentence as its test says`() throws {
    let model = try NgramModel(path: "\(Published.folder)/flashlight-text/lm.arpa")
    var state = model.start
    var scores: [Double] = []
    for word in ["the", "cat", "sat", "on", "the", "mat"] {
      let step = model.score(model.id(of: word), after: state)
      scores.append(Double(step.logProbability) / log(10))
      state = step.next
    }
    let total = scores.reduce(0, +) + Double(model.finish(state)) / log(10)
    let expected = [-1.05971, -4.19448, -3.33383, -2.76726, -1.16237, -4.64589]
    for (score, answer) in zip(scores, expected) { #expect(abs(score - answer) < 1e-5) }
    #expect(abs(total + 19.5123) < 1e-4)
  }

  // MARK: RapidOCR

  @Test func `a printed line, among 6,625 tokens`() throws {
    let vocabularyText = try String(
      decoding: bytes(of: "\(Published.folder)/rapidocr/vocab.txt"), as: UTF8.self)
    let tokens = vocabularyText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
      String.init)
    var settings = bare
    settings.padToken = "<blank>"
    settings.wordDelimiterToken = "<space>"
    let vocabulary = try CTCVocabulary(tokens: tokens, settings: settings)
    let raw = try bytes(of: "\(Published.folder)/rapidocr/printed.f32le")
    let posteriors = raw.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let emissions = Emissions(
      frames: posteriors.count / tokens.count, vocabularySize: tokens.count,
      logPosteriors: posteriors.map { log($0) })
    for limit in [nil, 20] as [Int?] {
      var options = BeamSearchOptions()
      options.tokensPerFrame = limit
      var decoder = BeamDecoder(
        DecodingGraph(vocabulary: vocabulary, classes: tokens.count, options: options))
      #expect(decoder.decode(emissions).first?.text == "Speech models need 16 kHz audio.")
    }
  }
}

private enum Published {
  static let folder = "../shared/emissions"
  static var isThere: Bool { access(folder, R_OK) == 0 }
}

/// Settings that add no tokens of their own.
private var bare: TokenizerSettings {
  var settings = TokenizerSettings()
  settings.beginToken = nil
  settings.endToken = nil
  settings.unknownToken = nil
  settings.wordDelimiterToken = nil
  return settings
}

private func logPosteriors(_ logits: [Double]) -> [Float] {
  let largest = logits.max() ?? 0
  let sum = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
  return logits.map { Float($0 - sum) }
}

private func bytes(of path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "rb"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
  return bytes
}
