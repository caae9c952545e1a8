import Checkpoints
import Layers
import Tensors

/// Reads a checkpoint's parameters by transformers' names into layers, and lets go of each tensor's mapped
/// pages once they are packed, so that the weights are in memory once.
final class WeightReader {
  let archive: TensorArchive
  let compute: Compute
  private(set) var read: Set<String> = []

  init(_ archive: TensorArchive, on compute: Compute) {
    self.archive = archive
    self.compute = compute
  }

  func has(_ name: String) -> Bool { archive[name] != nil }

  /// A tensor's elements, row-major.
  func floats(_ name: String, _ shape: Int...) throws(CheckpointError) -> [Float] {
    let floats = try archive.floats(name, expectingShape: shape)
    archive.releasePages(of: name)
    read.insert(name)
    return floats
  }

  func vector(_ name: String, _ count: Int) throws(CheckpointError) -> Vector {
    Vector(try floats(name, count))
  }

  /// `prefix.weight` (outputs, inputs) and `prefix.bias`.
  func linear(_ prefix: String, inputs: Int, outputs: Int) throws(CheckpointError) -> Linear {
    let weights = try floats("\(prefix).weight", outputs, inputs)
    return Linear(
      weights: PackedMatrix(outputs: outputs, inputs: inputs, weights: weights, on: compute),
      bias: try vector("\(prefix).bias", outputs))
  }

  func layerNorm(_ prefix: String, _ count: Int, epsilon: Float) throws(CheckpointError) -> LayerNorm {
    LayerNorm(
      weight: try vector("\(prefix).weight", count), bias: try vector("\(prefix).bias", count),
      epsilon: epsilon)
  }
}
