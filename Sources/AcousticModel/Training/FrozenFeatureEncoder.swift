public import Checkpoints
public import Tensors

/// The convolutions in front of a model, by themselves: what training needs of them while they are frozen.
public final class FrozenFeatureEncoder {
  private let encoder: FeatureEncoder
  private let configuration: ModelConfiguration
  private let workspace = Workspace()
  private let compute: Compute

  /// - Parameter weights: hold the encoder's tensors by transformers' names, with the architecture's prefix
  ///   or without.
  /// - Throws: an error that names the tensor.
  public init(
    configuration: ModelConfiguration, weights: TensorArchive, on compute: Compute
  ) throws(CheckpointError) {
    self.configuration = configuration
    self.compute = compute
    encoder = try FeatureEncoder(
      configuration, WeightReader(weights, on: compute),
      prefix: "\(weights.prefix(of: configuration))feature_extractor")
  }

  /// (samples) to (T, C); no rows for less than the receptive field.
  /// - Parameter waveform: at the model's sample rate, normalised if its preprocessing says so.
  public func features(of waveform: [Float]) -> MatrixBuffer {
    let frames = configuration.featureFrames(for: waveform.count).last ?? 0
    let features = MatrixBuffer(rows: frames, columns: configuration.convolutionChannels.last!)
    if frames > 0 {
      encoder.forward(waveform, into: features.matrix, workspace: workspace, on: compute)
    }
    return features
  }
}
