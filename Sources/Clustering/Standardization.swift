/// Over which frames features are standardized before they are clustered: each feature is brought to mean 0
/// and variance 1 over them, as Kaldi's CMVN does with cepstra.
///
/// Unless there is one voice or very many, raw features tell voices and channels apart before they tell
/// sounds: each voice then has its own clusters, and a model learns from them who speaks. Van Niekerk et al.
/// 2021, "Analyzing speaker information in self-supervised models to improve zero-resource speech processing",
/// standardize by utterance, which is noisy where utterances are short.
public enum Standardization: String, Sendable, CaseIterable {
  /// Features are taken as they are.
  case none
  case utterance
  case speaker
}
