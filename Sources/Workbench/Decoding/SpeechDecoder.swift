import BeamSearch
public import CTC
import LanguageModel
public import Vocabulary

/// A decoder as the command line names it, with its language model, lexicon and hotwords read in: emissions to
/// a reading. Each thread that decodes has a copy of its own.
public struct SpeechDecoder: Sendable {
  private enum Method: Sendable {
    case greedy(GreedyDecoder)
    case beam(BeamDecoder)
  }

  private let vocabulary: CTCVocabulary
  private var method: Method

  /// - Parameter classes: tokens of the emissions.
  /// - Throws: one line that names the file, and its line, that cannot be used, or what the vocabulary lacks.
  public init(_ choice: DecoderChoice, vocabulary: CTCVocabulary, classes: Int) throws {
    self.vocabulary = vocabulary
    if let beam = choice.beam {
      method = .beam(BeamDecoder(try DecodingGraph(beam, vocabulary: vocabulary, classes: classes)))
    } else {
      method = .greedy(GreedyDecoder(blank: vocabulary.blank))
    }
  }

  /// What was said, and the alternatives. Emissions must be ``Emissions/isValid``.
  public mutating func decode(_ emissions: Emissions) -> Reading {
    switch method {
    case .greedy(let decoder): return Reading(decoder.decode(emissions), vocabulary)
    case .beam(var decoder):
      let found = decoder.decode(emissions)
      method = .beam(decoder)
      return Reading(found, of: emissions, vocabulary, usesLanguageModel: decoder.graph.usesLanguageModel)
    }
  }
}

/// What a decoder reads in an utterance's emissions.
public struct Reading: Sendable, Equatable {
  public var text: String
  /// The labels on the Viterbi path of the text.
  public var tokens: [AlignedToken]
  public var words: [LabelledWord]
  /// In 0...1; see `Hypothesis`.
  public var confidence: Double
  /// Best first; the first is ``text``.
  public var alternatives: [Transcript.Alternative]

  init(_ hypothesis: Hypothesis, _ vocabulary: CTCVocabulary) {
    text = vocabulary.text(ofCollapsed: hypothesis.labels)
    tokens = hypothesis.tokens
    words = vocabulary.words(ofCollapsed: hypothesis.labels)
    confidence = hypothesis.confidence
    alternatives = [
      .init(text: text, score: hypothesis.acousticScore, acousticScore: hypothesis.acousticScore)
    ]
  }

  /// Of a beam's hypotheses; without any, nothing was said and its score is that of an impossible text.
  init(
    _ hypotheses: [BeamHypothesis], of emissions: Emissions, _ vocabulary: CTCVocabulary, usesLanguageModel: Bool
  ) {
    let best =
      hypotheses.first
      ?? BeamHypothesis(text: "", words: [], labels: [], score: -.infinity, acousticScore: -.infinity)
    let alignment = ForcedAlignment(emissions, labels: best.labels, blank: vocabulary.blank)
    let hypothesis = Hypothesis(alignment, of: emissions, acousticScore: best.acousticScore)
    text = best.text
    tokens = hypothesis.tokens
    words = hypothesis.tokens.isEmpty ? [] : best.words
    confidence = hypothesis.confidence
    alternatives = (hypotheses.isEmpty ? [best] : hypotheses).map {
      .init(
        text: $0.text, score: $0.score, acousticScore: $0.acousticScore,
        languageModelScore: usesLanguageModel ? $0.languageModelScore : nil)
    }
  }
}

extension DecodingGraph {
  /// Reads what a choice names.
  init(_ choice: BeamChoice, vocabulary: CTCVocabulary, classes: Int) throws {
    let lexicon = try choice.lexicon.map {
      try Lexicon(path: $0, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    }
    let hotwords = try choice.hotwords.map {
      try Hotwords(path: $0, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    }
    guard let path = choice.languageModel else {
      self.init(
        vocabulary: vocabulary, classes: classes, lexicon: lexicon, hotwords: hotwords, options: choice.options)
      return
    }
    let model = try NgramModel(path: path)
    let hasDelimiter = vocabulary.wordSeparator != nil
    let unit = choice.unit ?? (lexicon != nil || hasDelimiter ? .word : .token)
    var words = lexicon
    if unit == .word && lexicon == nil {
      guard hasDelimiter else {
        throw UsageError(
          "\(path): a language model over words needs a lexicon where the vocabulary has no word delimiter; add "
            + "lexicon=FILE, or unit=token if the model is one over the vocabulary's tokens")
      }
      words = Lexicon(model, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    }
    let known = words.map { words in words.words.contains { model.id(of: $0) != .unknown } } ?? true
    if unit == .word && !known && !choice.foldsCase {
      throw UsageError(
        "\(path): none of its words can be said with this \(lexicon == nil ? "vocabulary" : "lexicon"); if only the "
          + "case differs, add case=fold")
    }
    self.init(
      vocabulary: vocabulary, classes: classes, languageModel: model, unit: unit, lexicon: words, isOpen: lexicon == nil,
      hotwords: hotwords, foldsCase: choice.foldsCase, options: choice.options)
  }
}

extension Lexicon {
  /// The words of a language model that the vocabulary can spell.
  init(_ model: NgramModel, vocabulary: CTCVocabulary, foldsCase: Bool) {
    let markers: Set<WordID> = [.unknown, model.sentenceStart, model.sentenceEnd]
    let words = (0..<UInt32(model.wordCount)).map { WordID(rawValue: $0) }.filter { !markers.contains($0) }
    self.init(words: words.map(model.word), vocabulary: vocabulary, foldsCase: foldsCase) { _, _ in }
  }
}
