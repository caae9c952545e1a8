import AcousticModel
import Checkpoints
import JSON

/// Writes a MODEL directory that `AutoModelForCTC` and `AutoProcessor` of transformers load.
public struct ModelWriter {
  public let document: ModelDocument
  public let processor: ProcessorFiles

  public init(document: ModelDocument, processor: ProcessorFiles) {
    self.document = document
    self.processor = processor
  }

  /// Writes `config.json`, `model.safetensors` (float32, transformers' names, weight norm in PyTorch 2's
  /// spelling) and the processor's files into `directory`, which must exist. Each file appears complete or
  /// not at all, the weights last.
  /// - Throws: `CheckpointError` that names the file.
  public func write(_ weights: TrainingWeights, to directory: String) throws {
    let document = document.written(for: weights.configuration)
    try AtomicFile.write(
      document.utf8(.pretty, nonFinite: .pythonLiterals) + [0x0A], to: "\(directory)/config.json")
    try processor.write(to: directory)
    try tensors(of: weights).write(to: "\(directory)/model.safetensors")
  }

  private func tensors(of weights: TrainingWeights) -> SafetensorsWriter {
    var writer = SafetensorsWriter()
    for tensor in weights.featureEncoder { writer.add(tensor.name, shape: tensor.shape, tensor.elements) }
    for entry in weights.parameters.layout.entries {
      if entry.name.hasSuffix(".masked_spec_embed") && !weights.hasMaskEmbedding && !document.masks {
        continue
      }
      writer.add(entry.name, shape: entry.shape) { write in
        try weights.parameters.elements(of: entry).withUnsafeBufferPointer(write)
      }
      // Part of a batch norm in PyTorch; it has no effect where there is a momentum.
      if entry.name.hasSuffix(".batch_norm.running_var") {
        let name = entry.name.dropLast("running_var".count) + "num_batches_tracked"
        writer.add(String(name), shape: [], as: .int64, bytes: [UInt8](repeating: 0, count: 8))
      }
    }
    return writer
  }
}
