public import AcousticModel
public import Checkpoints
import JSON
public import Training

#if canImport(Glibc)
import Glibc
#endif

/// Writes what pre-training made as a MODEL directory of transformers' `HubertModel`, whose names have no
/// prefix, and the heads of pre-training, which that does not know, beside it in `pretraining.safetensors`.
public struct PretrainedModelWriter {
  /// The fields of the `config.json` that training began with.
  public let document: ModelDocument
  public let configuration: ModelConfiguration
  /// Whether utterances were brought to mean 0 and variance 1.
  public let normalises: Bool

  public init(document: ModelDocument, configuration: ModelConfiguration, normalises: Bool) {
    self.document = document
    self.configuration = configuration
    self.normalises = normalises
  }

  /// Writes `config.json`, `preprocessor_config.json`, `pretraining.safetensors` and `model.safetensors` into
  /// `directory`, which must exist. Each file appears complete or not at all, the weights last.
  /// - Parameters:
  ///   - parameters: of the layout for pre-training.
  ///   - type: float32 or float16.
  /// - Throws: `CheckpointError` that names the file.
  public func write(
    _ parameters: ParameterStorage, as type: DataType = .float32, to directory: String
  ) throws {
    try AtomicFile.write(
      config.utf8(.pretty, nonFinite: .pythonLiterals) + [0x0A], to: "\(directory)/config.json")
    var preprocessor = ProcessorFiles.featureExtractor(for: configuration)
    preprocessor["do_normalize"] = .bool(normalises)
    try AtomicFile.write(
      JSONValue.object(preprocessor).utf8(.pretty) + [0x0A], to: "\(directory)/preprocessor_config.json")
    let prefix = "\(configuration.architecture.modelType)."
    var model = SafetensorsWriter()
    var heads = SafetensorsWriter()
    for entry in parameters.layout.entries {
      // transformers builds no mask embedding for a configuration that masks nothing.
      let isOurs = entry.part == .head || entry.name.hasSuffix(".masked_spec_embed") && !document.masks
      let name = entry.name.hasPrefix(prefix) ? String(entry.name.dropFirst(prefix.count)) : entry.name
      func lend(_ write: (UnsafeBufferPointer<Float>) throws -> Void) throws {
        try parameters.elements(of: entry).withUnsafeBufferPointer(write)
      }
      if isOurs {
        heads.add(name, shape: entry.shape, as: type, from: lend)
      } else {
        model.add(name, shape: entry.shape, as: type, from: lend)
      }
      // Part of a batch norm in PyTorch; it has no effect where there is a momentum.
      if name.hasSuffix(".batch_norm.running_var") {
        let counter = name.dropLast("running_var".count) + "num_batches_tracked"
        model.add(String(counter), shape: [], as: .int64, bytes: [UInt8](repeating: 0, count: 8))
      }
    }
    try heads.write(to: "\(directory)/pretraining.safetensors")
    try model.write(to: "\(directory)/model.safetensors")
  }

  private var config: JSONValue {
    var fields = document.fields
    fields["architectures"] = ["HubertModel"]
    fields["model_type"] = .string(configuration.architecture.modelType)
    // What transformers 5 computes in, whatever weights are stored as: few CPUs, and no training, are well
    // served by float16. transformers 4 says torch_dtype.
    fields[fields["torch_dtype"] == nil ? "dtype" : "torch_dtype"] = "float32"
    return .object(fields)
  }
}

extension ParameterStorage {
  /// Takes over what a MODEL directory has of the encoder; heads stay as they are, for their clusters are others.
  ///
  /// The mask embedding stays as it is, too, where there is none: ``PretrainedModelWriter`` puts it in
  /// `pretraining.safetensors` if transformers would not know it.
  /// - Throws: `CheckpointError` that names the tensor that is missing or of another shape.
  public func adopt(
    pretrained directory: String, configuration: ModelConfiguration
  ) throws(CheckpointError) {
    var archive = try TensorArchive(path: directory)
    let heads = "\(directory)/pretraining.safetensors"
    if access(heads, F_OK) == 0 { archive = archive.overlaid(with: try TensorFile(path: heads)) }
    let names = StoredNames(archive, configuration)
    for entry in layout.entries where entry.part != .head {
      let name = names.name(of: entry.name)
      if entry.name.hasSuffix(".masked_spec_embed"), archive[name] == nil { continue }
      set(entry, to: try archive.floats(name, expectingShape: entry.shape))
    }
  }
}
