extension TensorFile {
  /// The tensor's elements, row-major, as floats.
  ///
  /// F32, F16 and BF16 are converted exactly (subnormals, infinities and NaNs too), F64 is rounded to
  /// nearest. Other types are refused by name.
  public func floats(_ name: String, expectingShape shape: [Int]? = nil) throws(CheckpointError) -> [Float] {
    let tensor = try readable(name, shape)
    // Its size is believed: the header was checked against the length of the file.
    return [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
      widen(tensor.dataType, rawBytes(tensor), into: buffer)
      count = tensor.elementCount
    }
  }

  /// Like `floats`, into memory that is already there.
  ///
  /// - Precondition: the buffer has exactly as many elements as the tensor.
  public func copyFloats(
    of name: String, expectingShape shape: [Int]? = nil, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let tensor = try readable(name, shape)
    precondition(
      buffer.count == tensor.elementCount,
      "\(name) has \(tensor.elementCount) elements, the buffer \(buffer.count)")
    widen(tensor.dataType, rawBytes(tensor), into: buffer)
  }

  /// The tensor's bytes as they stand in the file, little-endian, not necessarily aligned; valid within
  /// `body`.
  public func withBytes<Result>(
    of name: String, _ body: (TensorDescription, UnsafeRawBufferPointer) -> Result
  ) throws(CheckpointError) -> Result {
    let tensor = try tensor(name)
    return withExtendedLifetime(self) { body(tensor, rawBytes(tensor)) }
  }

  private func rawBytes(_ tensor: TensorDescription) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[tensor.byteRange])
  }

  private func readable(_ name: String, _ shape: [Int]?) throws(CheckpointError) -> TensorDescription {
    let tensor = try tensor(name, expectingShape: shape)
    guard tensor.dataType.isReadableAsFloat else {
      throw CheckpointError(
        .unsupportedDataType, path: path, subject: name, expected: "F32, F16, BF16 or F64",
        found: tensor.dataType.rawValue, remedy: "convert the tensor to F32, F16 or BF16")
    }
    return tensor
  }
}
