import BeamSearch
public import CTC
import LanguageModel
public import Vocabulary

/// A decoder as the command line names it, with its language model, lexicon and hotwords read in: emissions
/// to a reading. Each thread that decodes has a copy of its own.
public struct SpeechDecoder: Sendable {
  private enum Method: Sendable {
    case greedy(GreedyDecoder)
    case beam(BeamDecoder, BeamChoice, Rescoring?)
  }

  private let vocabulary: CTCVocabulary
  private var method: Method

  /// - Parameter classes: tokens of the emissions.
  /// - Throws: one line that names the file, and its line, that cannot be used, or what the vocabulary lacks.
  public init(_ choice: DecoderChoice, vocabulary: CTCVocabulary, classes: Int) throws {
    self.vocabulary = vocabulary
    if let beam = choice.beam {
      let rescoring = try beam.rescoringModel.map {
        Rescoring(
          languageModel: try NgramModel(path: $0), weight: beam.rescoringWeight, foldsCase: beam.foldsCase)
      }
      let graph = try DecodingGraph(beam, vocabulary: vocabulary, classes: classes)
      method = .beam(BeamDecoder(graph), beam, rescoring)
    } else {
      method = .greedy(GreedyDecoder(blank: vocabulary.blank))
    }
  }

  /// What was said, and the alternatives. Emissions must be ``Emissions/isValid``.
  public mutating func decode(_ emissions: Emissions) -> Reading {
    switch method {
    case .greedy(let decoder): return Reading(decoder.decode(emissions), vocabulary)
    case .beam(var decoder, let choice, let rescoring):
      var found = decoder.decode(emissions, limit: .max)
      method = .beam(decoder, choice, rescoring)
      if let rescoring { found = rescoring.rescored(found) }
      if choice.minimisesRisk { found = NBestPosteriors(found, scale: choice.posteriorScale).byRisk }
      return Reading(found, of: emissions, vocabulary, choice)
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
        vocabulary: vocabulary, classes: classes, lexicon: lexicon, hotwords: hotwords,
        options: choice.options)
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
      vocabulary: vocabulary, classes: classes, languageModel: model, unit: unit, lexicon: words,
      isOpen: lexicon == nil,
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
