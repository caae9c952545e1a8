public import AcousticModel
public import Checkpoints
import Hashing
import JSON

/// What the features of an utterance follow from, beside the encoder.
public struct FeatureKey: Sendable, Hashable {
  /// See ``audioHash(of:)``: 64 hexadecimal digits.
  public let audioHash: String
  /// The factor by which the audio was sped up before it was encoded; 1 where it was not.
  public let speed: Double

  public init(audioHash: String, speed: Double = 1) {
    precondition(audioHash.utf8.count == 64, "\(audioHash) is no audio hash")
    self.audioHash = audioHash
    self.speed = speed
  }

  /// The name of its entry, without what tells the precision.
  var name: String { speed == 1 ? audioHash : "\(audioHash)-x\(speed)" }
}

/// What the features of all utterances follow from: the feature encoder's configuration and tensors, and what
/// is done to waveforms before. SHA-256 as 64 hexadecimal digits.
///
/// Tensors are taken in as float32, whatever a checkpoint stores them as, and without the name of the
/// architecture, which changes nothing in them and which some checkpoints leave out.
///
/// - Throws: `CheckpointError` for a tensor that is missing or of another shape.
public func featureEncoderHash(
  weights: TensorArchive, configuration: ModelConfiguration, preprocessing: Preprocessing
) throws(CheckpointError) -> String {
  let fields = configuration.fields
  var description = JSONObject()
  for name in [
    "conv_dim", "conv_kernel", "conv_stride", "conv_bias", "feat_extract_norm", "feat_extract_activation",
  ] {
    description[name] = fields[name]
  }
  description["do_normalize"] = .bool(preprocessing.normalises)
  description["sampling_rate"] = .integer(Int64(preprocessing.sampleRate))
  var hash = SHA256()
  hash.update(JSONValue.object(description).text())
  let prefix = configuration.architecture.modelType.count
  let stored = weights.prefix(of: configuration).isEmpty ? prefix + 1 : 0
  for parameter in ParameterList(configuration).parameters where parameter.part == .featureEncoder {
    hash.update("\n\(parameter.name.dropFirst(prefix)) \(parameter.shape)\n")
    let name = String(parameter.name.dropFirst(stored))
    let values = try weights.floats(name, expectingShape: parameter.shape)
    values.withUnsafeBytes { hash.update($0) }
    weights.releasePages(of: name)
  }
  return hash.finalizeHex()
}
