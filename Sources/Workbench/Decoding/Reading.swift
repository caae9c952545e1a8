import BeamSearch
public import CTC
public import Vocabulary

/// What a decoder reads in an utterance's emissions.
public struct Reading: Sendable, Equatable {
  public var text: String
  /// The labels on the Viterbi path of the text.
  public var tokens: [AlignedToken]
  public var words: [LabelledWord]
  /// Of each of ``words``, in 0...1.
  public var wordConfidences: [Double]
  /// In 0...1.
  public var confidence: Double
  /// Best first; the first is ``text``.
  public var alternatives: [Transcript.Alternative]
}

extension Reading {
  /// Of greedy decoding; confidences are those of `GreedyDecoder`.
  init(_ hypothesis: Hypothesis, _ vocabulary: CTCVocabulary) {
    text = vocabulary.text(ofCollapsed: hypothesis.labels)
    tokens = hypothesis.tokens
    words = vocabulary.words(ofCollapsed: hypothesis.labels)
    wordConfidences = words.map { hypothesis.tokens[$0.labels].confidence }
    confidence = hypothesis.confidence
    alternatives = [
      .init(text: text, score: hypothesis.acousticScore, acousticScore: hypothesis.acousticScore)
    ]
  }

  /// Of a beam's hypotheses, the answer first; without any, nothing was said and its score is that of an
  /// impossible text.
  init(
    _ hypotheses: [BeamHypothesis], of emissions: Emissions, _ vocabulary: CTCVocabulary, _ choice: BeamChoice
  ) {
    let nothing = BeamHypothesis(
      text: "", words: [], labels: [], score: -.infinity, acousticScore: -.infinity)
    let hypotheses = hypotheses.isEmpty ? [nothing] : hypotheses
    let best = hypotheses[0]
    let alignment = ForcedAlignment(emissions, labels: best.labels, blank: vocabulary.blank)
    let hypothesis = Hypothesis(alignment, of: emissions, acousticScore: best.acousticScore)
    text = best.text
    tokens = hypothesis.tokens
    // Without a path there are no times, and words have to have some.
    words = tokens.isEmpty ? [] : best.words
    let tokens = tokens
    switch choice.confidence {
    case .frames:
      wordConfidences = words.map { tokens[$0.labels].confidence }
      confidence = hypothesis.confidence
    case .entropy:
      wordConfidences = words.map { emissions.entropyConfidence(of: tokens[$0.labels].flatMap(\.frames)) }
      confidence = emissions.entropyConfidence(
        of: tokens.isEmpty ? Array(0..<emissions.frames) : tokens.flatMap(\.frames))
    case .beam:
      let posteriors = NBestPosteriors(hypotheses, scale: choice.posteriorScale)
      wordConfidences = words.isEmpty ? [] : posteriors.wordConfidences(of: 0)
      confidence = min(1, posteriors.posteriors[0])
    }
    let usesLanguageModel = choice.languageModel != nil
    alternatives = hypotheses.prefix(choice.options.nbest).map {
      .init(
        text: $0.text, score: $0.score, acousticScore: $0.acousticScore,
        languageModelScore: usesLanguageModel ? $0.languageModelScore : nil)
    }
  }
}
