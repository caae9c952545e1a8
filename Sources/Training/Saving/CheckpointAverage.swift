public import Checkpoints

/// The mean of the weights of several checkpoints of one model (Izmailov et al. 2018, who average along one
/// run).
///
/// Sums are in double precision in the order of the files, one rounding at the end.
public struct CheckpointAverage {
  private let files: [TensorFile]

  /// - Parameter paths: safetensors files with the same tensors.
  /// - Precondition: there is at least one.
  /// - Throws: ``CheckpointError`` that names the file and the tensor that differs.
  public init(paths: [String]) throws(CheckpointError) {
    precondition(!paths.isEmpty, "no checkpoints to average")
    files = try paths.map { path throws(CheckpointError) in try TensorFile(path: path) }
    for file in files.dropFirst() {
      for tensor in files[0].tensors { _ = try file.tensor(tensor.name, expectingShape: tensor.shape) }
      if let other = file.tensors.first(where: { files[0][$0.name] == nil }) {
        throw CheckpointError(
          .unexpectedTensor, path: file.path, subject: other.name,
          expected: "the tensors of \(files[0].path)",
          found: "one more", remedy: "average checkpoints of one run")
      }
    }
  }

  /// The tensors that all files have.
  public var tensors: [TensorDescription] { files[0].tensors }

  /// The mean of a tensor, row-major.
  public func floats(_ name: String) throws(CheckpointError) -> [Float] {
    let count = try files[0].tensor(name).elementCount
    var sum = [Double](repeating: 0, count: count)
    var one = [Float](repeating: 0, count: count)
    for file in files {
      try one.withUnsafeMutableBufferPointer { buffer throws(CheckpointError) in
        try file.copyFloats(of: name, into: buffer)
      }
      for index in 0..<count { sum[index] += Double(one[index]) }
    }
    let scale = Double(files.count)
    return sum.map { Float($0 / scale) }
  }

  /// Writes the mean as one file of floats. What is no float, such as a counter, is that of the last file.
  public func write(to path: String) throws {
    var writer = SafetensorsWriter()
    for tensor in tensors {
      if tensor.dataType.isReadableAsFloat {
        writer.add(tensor.name, shape: tensor.shape) { write in
          try floats(tensor.name).withUnsafeBufferPointer { try write($0) }
        }
      } else {
        let last = files[files.count - 1]
        let (type, bytes) = try last.withBytes(of: tensor.name) { ($0.dataType, Array($1)) }
        writer.add(tensor.name, shape: tensor.shape, as: type, bytes: bytes)
      }
    }
    try writer.write(to: path)
  }
}
