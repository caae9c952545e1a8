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
    if let beam = choice.beam {
      let files = try BeamFiles(beam, vocabulary: vocabulary, classes: classes)
      self.init(beam, files, vocabulary: vocabulary)
    } else {
      self.init(vocabulary, .greedy(GreedyDecoder(blank: vocabulary.blank)))
    }
  }

  /// A beam whose files are read in already.
  init(_ choice: BeamChoice, _ files: BeamFiles, vocabulary: CTCVocabulary) {
    self.init(vocabulary, .beam(BeamDecoder(files.graph(choice)), choice, files.rescoring(choice)))
  }

  private init(_ vocabulary: CTCVocabulary, _ method: Method) {
    self.vocabulary = vocabulary
    self.method = method
  }

  /// What was said, and the alternatives. Emissions must be ``Emissions/isValid``.
  public mutating func decode(_ emissions: Emissions) -> Reading {
    switch method {
    case .greedy(let decoder): return Reading(decoder.decode(emissions), vocabulary)
    case .beam(_, let choice, _):
      return Reading(hypotheses(of: emissions), of: emissions, vocabulary, choice)
    }
  }

  /// The text alone, without its times.
  mutating func text(of emissions: Emissions) -> String {
    switch method {
    case .greedy(let decoder):
      vocabulary.text(ofCollapsed: decoder.align(emissions).tokens.map(\.label))
    case .beam: hypotheses(of: emissions).first?.text ?? ""
    }
  }

  /// A beam's hypotheses, the answer first.
  private mutating func hypotheses(of emissions: Emissions) -> [BeamHypothesis] {
    guard case .beam(var decoder, let choice, let rescoring) = method else { return [] }
    var found = decoder.decode(emissions, limit: .max)
    method = .beam(decoder, choice, rescoring)
    if let rescoring { found = rescoring.rescored(found) }
    if choice.minimisesRisk { found = NBestPosteriors(found, scale: choice.posteriorScale).byRisk }
    return found
  }
}
