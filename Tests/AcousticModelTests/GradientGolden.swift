import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport

@testable import AcousticModel

/// Gradients that transformers computed in double precision (`scripts/goldens/gradients.py`).
struct GradientGolden: CustomStringConvertible, Sendable {
  static let index = try? JSONValue(contentsOf: golden("gradients/gradients.json"), options: .python)

  static let all: [GradientGolden] = (index?["cases"]?.object?.members ?? []).map {
    GradientGolden(name: $0.key, fields: $0.value)
  }

  let name: String
  let fields: JSONValue

  var description: String { name }
  /// The error that one element may have: 1e-4, but in two models where rounding alone takes transformers'
  /// own float32 network more than half as far from its double one, and a limit of 1e-4 would test for luck.
  var limit: Double {
    let rounding = fields["float32"]?["network"]?["rms"]?.double ?? 0
    return rounding <= 5e-5 ? 1e-4 : 4 * rounding
  }
  var directory: String { goldenModel(fields["model"]?.string ?? "") }
  func file() throws -> TensorFile { try TensorFile(path: golden("gradients/\(name).safetensors")) }

  struct Utterance {
    let name: String
    let features: MatrixBuffer
    let labels: [Int]
    let loss: Double
  }

  /// In the order of the goldens.
  func utterances() throws -> [Utterance] {
    let file = try file()
    return try (fields["labels"]?.object?.members ?? []).map { member in
      let name = member.key
      let shape = try file.tensor("features.\(name)").shape
      return Utterance(
        name: name, features: MatrixBuffer(try file.floats("features.\(name)"), columns: shape[1]),
        labels: (member.value.array ?? []).compactMap { $0.double.map { Int($0) } },
        loss: fields["losses"]?[name]?.double ?? .nan)
    }
  }

  func masks() throws -> [UInt32: TrainableFront.Masks] {
    let file = try file()
    var masks: [UInt32: TrainableFront.Masks] = [:]
    func mask(_ name: String) throws -> [Bool]? {
      file.tensors.contains { $0.name == name } ? try file.floats(name).map { $0 != 0 } : nil
    }
    for (index, utterance) in try utterances().enumerated() {
      masks[UInt32(index)] = TrainableFront.Masks(
        frames: try mask("time_mask.\(utterance.name)"), channels: try mask("feature_mask.\(utterance.name)"))
    }
    return masks
  }
}

/// The parameters of a golden model, by their own names or those of the older weight norm.
func goldenParameters(
  _ directory: String, trainsFeatureEncoder: Bool = false
) throws -> (ModelConfiguration, ParameterStorage) {
  let configuration = try ModelConfiguration(contentsOf: "\(directory)/config.json")
  let archive = try TensorArchive(path: directory)
  let storage = ParameterStorage(ParameterLayout(configuration, trainsFeatureEncoder: trainsFeatureEncoder))
  for entry in storage.layout.entries {
    let old = entry.name.replacing("parametrizations.weight.original0", with: "weight_g")
      .replacing("parametrizations.weight.original1", with: "weight_v")
    guard let name = [entry.name, old].first(where: { archive[$0] != nil }) else { continue }
    storage.set(entry, to: try archive.floats(name, expectingShape: entry.shape))
  }
  return (configuration, storage)
}

/// The error of one element in units of the larger of the reference and the tensor's root mean square: an
/// element that cancels to nearly 0 has no relative precision of its own.
func worstError(_ gradient: [Float], _ reference: [Float]) -> Double {
  guard gradient.count == reference.count, !gradient.contains(where: { !$0.isFinite }) else {
    return .infinity
  }
  let square = reference.reduce(0.0) { $0 + Double($1) * Double($1) }
  let rms = (square / Double(max(reference.count, 1))).squareRoot()
  return zip(gradient, reference).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - Double(pair.1))
    return difference == 0 ? worst : max(worst, difference / max(abs(Double(pair.1)), rms))
  }
}
