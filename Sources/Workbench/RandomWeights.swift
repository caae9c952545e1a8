import AcousticModel
import Checkpoints

/// Weights to time a configuration with, where no checkpoint of it is at hand: norms that change nothing, no
/// biases, and all else uniform with variance 1 / fan-in, so that activations keep about their size.
///
/// They are written to a temporary file and mapped, and so take the way of any other weights.
struct RandomWeights {
  let configuration: ModelConfiguration
  var seed: UInt64 = 1

  /// - Throws: an error that names the temporary directory if nothing can be made in it, or the temporary
  ///   file if there is no room for it.
  func archive(in parent: String = temporaryDirectory) throws -> TensorArchive {
    var writer = SafetensorsWriter()
    for (place, parameter) in ParameterList(configuration).parameters.enumerated() {
      writer.add(parameter.name, shape: parameter.shape) { write in
        try values(name: parameter.name, shape: parameter.shape, place: place).withUnsafeBufferPointer(write)
      }
    }
    return try TensorArchive(unnamed: writer, in: parent)
  }

  /// The elements of one tensor, the `place`th.
  func values(name: String, shape: [Int], place: Int) -> [Float] {
    let count = shape.reduce(1, *)
    if shape.count == 1 {
      let isOffset = name.hasSuffix(".bias") || name.hasSuffix(".running_mean")
      return [Float](repeating: isOffset ? 0 : 1, count: count)
    }
    // The gains of weight norm, (1, 1, K).
    if shape.count == 3 && shape[0] == 1 && shape[1] == 1 {
      return [Float](repeating: 1, count: count)
    }
    let bound = (3 / Float(count / shape[0])).squareRoot()
    var state = seed &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      for index in 0..<count {
        // A linear congruential generator (Knuth's MMIX); its upper bits are good enough here.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        buffer[index] = bound * Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
      }
      filled = count
    }
  }
}
