public import Checkpoints
import Layers
public import Tensors

/// A `HubertForCTC` or `Wav2Vec2ForCTC`: configuration and packed weights. It does not change once loaded,
/// and any number of ``Inference``s may share it.
public final class CTCModel: Sendable {
  public let configuration: ModelConfiguration
  public let preprocessing: Preprocessing
  /// Tensors of the checkpoint that inference has no use for, in ascending order.
  public let unusedTensors: [String]

  let encoder: SpeechEncoder
  let head: Linear

  /// Loads a directory in Hugging Face's layout.
  /// - Parameters:
  ///   - language: of a checkpoint that keeps an adapter for each language (MMS), the one to put in; nil
  ///     leaves in what the weights were saved with. See ``LanguageAdapter``.
  ///   - compute: what packs the weights.
  /// - Throws: ``ConfigurationError`` or `CheckpointError`, naming file and field or tensor.
  public convenience init(directory: String, language: String? = nil, on compute: Compute) throws {
    var configuration = try ModelConfiguration(contentsOf: "\(directory)/config.json")
    var weights = try TensorArchive(path: directory)
    if let language {
      let adapter = try LanguageAdapter(language: language, directory: directory)
      configuration.vocabularySize = adapter.vocabularySize
      weights = weights.overlaid(with: adapter.file)
    }
    try self.init(
      configuration: configuration, preprocessing: Preprocessing(directory: directory), weights: weights,
      on: compute)
  }

  public init(
    configuration: ModelConfiguration, preprocessing: Preprocessing, weights: TensorArchive,
    on compute: Compute
  ) throws(CheckpointError) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    let reader = WeightReader(weights, on: compute)
    encoder = try SpeechEncoder(
      configuration, reader, prefix: "\(configuration.architecture.modelType).")
    head = try reader.linear(
      "lm_head", inputs: configuration.headInputs, outputs: configuration.vocabularySize)
    unusedTensors = weights.names.filter { !reader.read.contains($0) }
  }
}
