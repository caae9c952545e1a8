/// How sure a beam's words are said to be.
public enum ConfidenceMeasure: String, Sendable, CaseIterable {
  /// The geometric mean of the labels' posteriors on the text's Viterbi path, frames of the blank left out.
  case frames
  /// 1 - (mean entropy of these frames' posteriors) / ln V.
  case entropy
  /// The posterior, over the beam's hypotheses, of those that have the word in its place.
  case beam
}
