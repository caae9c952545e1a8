import BeamSearch
import LanguageModel
import Vocabulary

/// The files that the keys of a beam name. Read in once, they serve any weights and widths.
struct BeamFiles: Sendable {
  private let vocabulary: CTCVocabulary
  private let classes: Int
  private let languageModel: NgramModel?
  private let unit: DecodingGraph.Unit
  /// The words that may be said; of an open vocabulary, those that the language model knows.
  private let words: Lexicon?
  private let isOpen: Bool
  private let hotwords: Hotwords?
  private let rescoringModel: NgramModel?

  /// - Parameter classes: tokens of the emissions.
  /// - Throws: one line that names the file, and its line, that cannot be used, or what the vocabulary lacks.
  init(_ choice: BeamChoice, vocabulary: CTCVocabulary, classes: Int) throws {
    self.vocabulary = vocabulary
    self.classes = classes
    let lexicon = try choice.lexicon.map {
      try Lexicon(path: $0, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    }
    isOpen = lexicon == nil
    hotwords = try choice.hotwords.map {
      try Hotwords(path: $0, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    }
    rescoringModel = try choice.rescoringModel.map { try NgramModel(path: $0) }
    guard let path = choice.languageModel else {
      languageModel = nil
      unit = .word
      words = lexicon
      return
    }
    let model = try NgramModel(path: path)
    languageModel = model
    let hasDelimiter = vocabulary.wordSeparator != nil
    unit = choice.unit ?? (lexicon != nil || hasDelimiter ? .word : .token)
    if unit == .word && lexicon == nil {
      guard hasDelimiter else {
        throw UsageError(
          "\(path): a language model over words needs a lexicon where the vocabulary has no word delimiter; add "
            + "lexicon=FILE, or unit=token if the model is one over the vocabulary's tokens")
      }
      words = Lexicon(model, vocabulary: vocabulary, foldsCase: choice.foldsCase)
    } else {
      words = lexicon
    }
    let known = words.map { words in words.words.contains { model.id(of: $0) != .unknown } } ?? true
    if unit == .word && !known && !choice.foldsCase {
      throw UsageError(
        "\(path): none of its words can be said with this \(isOpen ? "vocabulary" : "lexicon"); if only the "
          + "case differs, add case=fold")
    }
  }

  /// - Parameter choice: one that names the same files.
  func graph(_ choice: BeamChoice) -> DecodingGraph {
    guard let languageModel else {
      return DecodingGraph(
        vocabulary: vocabulary, classes: classes, lexicon: words, hotwords: hotwords, options: choice.options)
    }
    return DecodingGraph(
      vocabulary: vocabulary, classes: classes, languageModel: languageModel, unit: unit, lexicon: words,
      isOpen: isOpen, hotwords: hotwords, foldsCase: choice.foldsCase, options: choice.options)
  }

  /// Nil without a second language model.
  func rescoring(_ choice: BeamChoice) -> Rescoring? {
    rescoringModel.map {
      Rescoring(languageModel: $0, weight: choice.rescoringWeight, foldsCase: choice.foldsCase)
    }
  }
}

extension Lexicon {
  /// The words of a language model that the vocabulary can spell.
  fileprivate init(_ model: NgramModel, vocabulary: CTCVocabulary, foldsCase: Bool) {
    let markers: Set<WordID> = [.unknown, model.sentenceStart, model.sentenceEnd]
    let words = (0..<UInt32(model.wordCount)).map { WordID(rawValue: $0) }.filter { !markers.contains($0) }
    self.init(words: words.map(model.word), vocabulary: vocabulary, foldsCase: foldsCase) { _, _ in }
  }
}
