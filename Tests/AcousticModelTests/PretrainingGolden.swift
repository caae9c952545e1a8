import Checkpoints
import JSON
import TestSupport
import Testing

@testable import AcousticModel

/// HuBERT's objective and its gradients, on which torchaudio and the formula over transformers agree in
/// double precision (`scripts/goldens/pretraining.py`).
struct PretrainingGolden: CustomStringConvertible, Sendable {
  private static let index = try? JSONValue(
    contentsOf: golden("pretraining/pretraining.json"), options: .python)

  static let all: [PretrainingGolden] = (index?["cases"]?.object?.members ?? []).map {
    PretrainingGolden(name: $0.key, fields: $0.value)
  }

  let name: String
  let fields: JSONValue

  var description: String { name }

  func file() throws -> TensorFile {
    try TensorFile(path: golden("pretraining/\(name).safetensors"))
  }

  /// Parameters whose gradient is 0 by algebra.
  var zero: [String] { (fields["zero"]?.array ?? []).compactMap(\.string) }

  func figure(_ name: String) throws -> Double { try #require(fields["figures"]?[name]?.double, "\(name)") }
  func counts(_ name: String) throws -> [Int] {
    try #require(fields["figures"]?[name]?.array, "\(name)").compactMap(\.int)
  }

  func objective() throws -> MaskedPrediction {
    let extents = try #require(Self.index?["models"]?[fields["model"]?.string ?? ""])
    let settings = try #require(fields["objective"])
    var objective = MaskedPrediction(classes: try #require(extents["classes"]?.int))
    objective.projectionWidth = try #require(extents["projection_width"]?.int)
    objective.maskedWeight = try #require(settings["masked_weight"]?.double)
    objective.unmaskedWeight = try #require(settings["unmasked_weight"]?.double)
    objective.featurePenalty = try #require(settings["feature_penalty"]?.double)
    objective.encoderGradientScale = Float(try #require(settings["encoder_gradient_scale"]?.double))
    return objective
  }

  func parameters() throws -> (ModelConfiguration, ParameterStorage) {
    let path = golden("pretraining/\(fields["model"]?.string ?? "").model")
    let configuration = try ModelConfiguration(contentsOf: "\(path).json", acceptsPretrained: true)
    let storage = ParameterStorage(ParameterLayout(pretraining: configuration, try objective()))
    let file = try TensorFile(path: "\(path).safetensors")
    for entry in storage.layout.entries {
      #expect(try file.tensor(entry.name).shape == entry.shape, "\(entry.name)")
      storage.set(entry, to: try file.floats(entry.name))
    }
    #expect(file.tensors.count == storage.layout.entries.count)
    return (configuration, storage)
  }

  /// The utterances, whose keys are their places, and their masks.
  func batch() throws -> ([PretrainingUtterance], [UInt32: TrainableFront.Masks]) {
    let waveforms = try TensorFile(path: golden("waveforms.safetensors"))
    let masks = try file()
    func mask(_ name: String) throws -> [Bool]? {
      masks.tensors.contains { $0.name == name } ? try masks.floats(name).map { $0 != 0 } : nil
    }
    var batch: [PretrainingUtterance] = []
    var fixed: [UInt32: TrainableFront.Masks] = [:]
    for (index, utterance) in try #require(fields["utterances"]?.array).enumerated() {
      let name = try #require(utterance["name"]?.string)
      let start = try #require(utterance["start"]?.int)
      let samples = try waveforms.floats(try #require(utterance["waveform"]?.string))
      batch.append(
        PretrainingUtterance(
          waveform: Array(samples[start..<start + (try #require(utterance["count"]?.int))]),
          targets: try #require(utterance["targets"]?.array).compactMap(\.int), key: UInt32(index)))
      fixed[UInt32(index)] = TrainableFront.Masks(
        frames: try mask("time_mask.\(name)"), channels: try mask("feature_mask.\(name)"))
    }
    return (batch, fixed)
  }
}
