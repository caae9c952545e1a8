/// How features are standardized before they are clustered, over an utterance or over all of a speaker: each
/// feature is brought to mean 0, or to mean 0 and variance 1, as Kaldi's CMVN does with cepstra.
///
/// Unless there is one voice or very many, raw features tell voices and channels apart before they tell
/// sounds: each voice then has its own clusters, and a model learns from them who speaks. Van Niekerk et al.
/// 2021, "Analyzing speaker information in self-supervised models to improve zero-resource speech processing",
/// standardize by utterance, which is noisy where utterances are short. Variance 1 gives deltas, which change
/// from frame to frame, the same say as the cepstra.
public enum Standardization: String, Sendable, CaseIterable {
  /// Features are taken as they are.
  case none
  case utteranceMean = "utterance-mean"
  /// Mean and variance.
  case utterance
  case speakerMean = "speaker-mean"
  /// Mean and variance.
  case speaker

  public var isBySpeaker: Bool { self == .speakerMean || self == .speaker }
  public var isByUtterance: Bool { self == .utteranceMean || self == .utterance }
  /// Whether variances are brought to 1.
  public var scales: Bool { self == .utterance || self == .speaker }
}
