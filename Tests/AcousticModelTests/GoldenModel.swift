import AcousticModel
import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport

/// The tiny seeded models that `scripts/goldens/forward.py` wrote, with what transformers made of the same
/// waveforms.
struct GoldenModel: CustomStringConvertible, Sendable {
  /// Every variant, in the generator's order.
  static let all: [GoldenModel] = {
    let document = try? JSONValue(contentsOf: "\(goldenModels)/goldens.json", options: .python)
    guard let index = document?["variants"]?.object else { return [] }
    return index.members.map {
      GoldenModel(name: $0.key, why: $0.value["why"]?.string ?? "", input: $0.value["input"]?.string ?? "")
    }
  }()

  let name: String
  let why: String
  /// Which form of the waveforms the reference was given: `raw` or `normalized`.
  let input: String

  var description: String { name }
  var directory: String { goldenModel(name) }

  func load(on compute: Compute) throws -> CTCModel { try CTCModel(directory: directory, on: compute) }

  /// The waveforms, (samples), by name.
  func waveforms() throws -> [(name: String, samples: [Float])] {
    let file = try TensorFile(path: "\(goldenModels)/waveforms.safetensors")
    return try references().map { ($0.name, try file.floats("\(input).\($0.name)")) }
  }

  /// transformers' log-posteriors, (T, V), by waveform.
  func references() throws -> [(name: String, frames: Int, logPosteriors: [Float])] {
    let file = try TensorFile(path: "\(directory)/golden.safetensors")
    let prefix = "log_posteriors."
    return try file.tensors.filter { $0.name.hasPrefix(prefix) }.map {
      (String($0.name.dropFirst(prefix.count)), $0.shape[0], try file.floats($0.name))
    }
  }
}

/// The largest absolute difference; infinite where shapes differ or a number is none.
func largestDifference(_ emissions: Emissions, _ reference: [Float]) -> Float {
  guard emissions.logPosteriors.count == reference.count else { return .infinity }
  return zip(emissions.logPosteriors, reference).reduce(0) {
    let difference = abs($1.0 - $1.1)
    return difference.isNaN ? .infinity : max($0, difference)
  }
}
