import Checkpoints
import Layers
import Tensors

/// Reads a checkpoint's parameters by transformers' names into layers, and lets go of each tensor's mapped
/// pages once they are packed, so that the weights are in memory once.
final class WeightReader {
  let compute: Compute
  private let archive: TensorArchive
  private(set) var read: Set<String> = []
  /// Where matrices stand between the file and their packed form.
  private var buffer = AlignedBuffer(count: 0)

  init(_ archive: TensorArchive, on compute: Compute) {
    self.archive = archive
    self.compute = compute
  }

  func has(_ name: String) -> Bool { archive[name] != nil }

  /// A tensor's elements, row-major.
  func floats(_ name: String, _ shape: Int...) throws(CheckpointError) -> [Float] {
    let floats = try archive.floats(name, expectingShape: shape)
    done(with: name)
    return floats
  }

  func vector(_ name: String, _ count: Int) throws(CheckpointError) -> Vector {
    Vector(try floats(name, count))
  }

  /// `prefix.weight` (outputs, inputs) and `prefix.bias`.
  func linear(_ prefix: String, inputs: Int, outputs: Int) throws(CheckpointError) -> Linear {
    try linear([(prefix, 1)], inputs: inputs, outputs: outputs)
  }

  /// Several linear layers over the same inputs as one, their outputs side by side, each multiplied by its
  /// scale.
  func linear(
    _ parts: [(prefix: String, scale: Float)], inputs: Int, outputs: Int
  ) throws(CheckpointError) -> Linear {
    let size = outputs * inputs
    if buffer.count < parts.count * size { buffer = AlignedBuffer(count: parts.count * size) }
    var bias: [Float] = []
    for (index, part) in parts.enumerated() {
      let name = "\(part.prefix).weight"
      let weights = UnsafeMutableBufferPointer(start: buffer.pointer + index * size, count: size)
      try archive.copyFloats(of: name, expectingShape: [outputs, inputs], into: weights)
      done(with: name)
      bias += try floats("\(part.prefix).bias", outputs).map { $0 * part.scale }
      if part.scale != 1 { for i in weights.indices { weights[i] *= part.scale } }
    }
    return Linear(
      weights: PackedMatrix(
        outputs: parts.count * outputs, inputs: inputs, weights: buffer.pointer, on: compute),
      bias: Vector(bias))
  }

  func layerNorm(_ prefix: String, _ count: Int, epsilon: Float) throws(CheckpointError) -> LayerNorm {
    LayerNorm(
      weight: try vector("\(prefix).weight", count), bias: try vector("\(prefix).bias", count),
      epsilon: epsilon)
  }

  private func done(with name: String) {
    archive.releasePages(of: name)
    read.insert(name)
  }
}
