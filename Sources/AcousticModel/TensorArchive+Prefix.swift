public import Checkpoints

extension TensorArchive {
  /// What a checkpoint of `configuration` puts before the names of all tensors but the head's: `hubert.` or
  /// `wav2vec2.`, and nothing in what transformers' `HubertModel` and `Wav2Vec2Model` save.
  public func prefix(of configuration: ModelConfiguration) -> String {
    names.contains { $0.hasPrefix("feature_extractor.") } ? "" : "\(configuration.architecture.modelType)."
  }
}
