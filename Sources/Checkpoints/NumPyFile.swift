/// One array in NumPy's `.npy` format: what emissions and features are kept in.
public struct NumPyFile: Sendable {
  /// Row-major; emissions are (T, V).
  public let shape: [Int]
  /// The elements, row-major.
  public let floats: [Float]

  /// Reads an array of little-endian float32, float64 (rounded to nearest) or float16, row-major, versions 1
  /// to 3.
  ///
  /// Anything else is refused by name. Nothing is allocated before the file is seen to be as long as its
  /// header says.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    let header = try NumPyHeader(parsing: file.bytes, path: path)
    shape = header.shape
    let count = header.shape.reduce(1, *)
    floats = withExtendedLifetime(file) {
      [Float](unsafeUninitializedCapacity: count) { buffer, filled in
        widen(
          header.dataType, UnsafeRawBufferPointer(rebasing: file.bytes[header.dataBegin...]),
          into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        filled = count
      }
    }
  }

  /// The shape as (rows, columns); an error that names the file when the array is not two-dimensional.
  public func matrixShape(path: String) throws(CheckpointError) -> (rows: Int, columns: Int) {
    guard shape.count == 2 else {
      throw CheckpointError(
        .shapeMismatch, path: path, subject: "shape", expected: "two dimensions, (frames, classes)",
        found: "\(shape)",
        remedy: "save one utterance, without a batch dimension")
    }
    return (shape[0], shape[1])
  }

  /// Writes float32 or float16 (rounded to nearest, ties to even), row-major, version 1.0: the bytes that
  /// `numpy.save` writes.
  ///
  /// - Precondition: there are as many elements as the shape says.
  public static func write(
    _ floats: UnsafeBufferPointer<Float>, shape: [Int], as type: DataType = .float32, to path: String
  ) throws(CheckpointError) {
    precondition(
      floats.count == shape.reduce(1, *), "\(floats.count) elements for the shape \(shape)")
    precondition(
      type == .float32 || type == .float16, "\(type.rawValue): arrays are written as F32 or F16")
    var file = try AtomicFile(path: path)
    try file.write(header(shape: shape, type: type))
    if type == .float32 {
      try file.write(UnsafeRawBufferPointer(floats))
    } else {
      let halves = [UInt16](unsafeUninitializedCapacity: floats.count) { buffer, count in
        narrow(floats, toFloat16: UnsafeMutableBufferPointer(rebasing: buffer[..<floats.count]))
        count = floats.count
      }
      try halves.withUnsafeBufferPointer { buffer throws(CheckpointError) in
        try file.write(UnsafeRawBufferPointer(buffer))
      }
    }
    try file.commit()
  }

  /// Like the other `write`, from an array.
  public static func write(
    _ floats: [Float], shape: [Int], as type: DataType = .float32, to path: String
  ) throws(CheckpointError) {
    try floats.withUnsafeBufferPointer { buffer throws(CheckpointError) in
      try write(buffer, shape: shape, as: type, to: path)
    }
  }

  /// NumPy leaves room for the first extent to grow to 20 digits, then pads all to a multiple of 64 bytes.
  static func header(shape: [Int], type: DataType) -> [UInt8] {
    let tuple =
      shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
    let descriptor = type == .float16 ? "<f2" : "<f4"
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    if let first = shape.first { text += String(repeating: " ", count: 21 - "\(first)".utf8.count) }
    let unpadded = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64)) + "\n"
    let length = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}
