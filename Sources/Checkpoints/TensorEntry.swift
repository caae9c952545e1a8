import JSON

/// One tensor's entry in a safetensors header, not yet believed.
struct TensorEntry {
  let name: String
  let value: JSONValue
  let path: String

  /// The entry checked by itself: type, shape, offsets inside the data, length as type and shape say.
  func description(dataBegin: Int, dataEnd: Int) throws(CheckpointError) -> TensorDescription {
    guard let object = value.object else {
      throw error(.malformedHeader, "an object with dtype, shape and data_offsets", value.kindName)
    }
    let type = try dataType(object)
    let shape = try shape(object)
    let (begin, end) = try offsets(object)
    let size = dataEnd - dataBegin
    guard begin <= end else {
      throw error(.offsetsOutOfRange, "data_offsets in ascending order", "[\(begin), \(end)]")
    }
    guard let measured = measure(shape: shape, bitsPerElement: type.bitsPerElement) else {
      throw error(
        .invalidShape, "a shape whose size in bytes is a whole number of 63 bits", "\(type.rawValue) \(shape)"
      )
    }
    guard measured.bytes == end - begin else {
      throw error(
        .sizeMismatch, "\(measured.bytes) bytes for \(type.rawValue) \(shape)",
        "data_offsets [\(begin), \(end)], which are \(end - begin)")
    }
    guard end <= size else {
      throw error(
        .truncated, "\(end) bytes of data", "\(size): the file is truncated or its offsets are out of range")
    }
    return TensorDescription(
      name: name, dataType: type, shape: shape, byteRange: dataBegin + begin..<dataBegin + end)
  }

  private func dataType(_ object: JSONObject) throws(CheckpointError) -> DataType {
    guard let text = object["dtype"]?.string else {
      throw error(.malformedHeader, "dtype, a string", object["dtype"]?.kindName ?? "none")
    }
    guard let type = DataType(rawValue: text) else {
      throw error(
        .unsupportedDataType, "a dtype that safetensors 0.8 knows", text,
        "convert the tensor to F32, F16 or BF16")
    }
    return type
  }

  private func shape(_ object: JSONObject) throws(CheckpointError) -> [Int] {
    guard let extents = object["shape"]?.array else {
      throw error(.malformedHeader, "shape, an array", object["shape"]?.kindName ?? "none")
    }
    guard extents.count <= 64 else {
      throw error(.invalidShape, "a shape of at most 64 extents", "\(extents.count)")
    }
    var shape: [Int] = []
    for extent in extents {
      guard let extent = extent.int, extent >= 0 else {
        throw error(.invalidShape, "a shape of non-negative integers", extent.text())
      }
      shape.append(extent)
    }
    return shape
  }

  private func offsets(_ object: JSONObject) throws(CheckpointError) -> (Int, Int) {
    guard let pair = object["data_offsets"]?.array, pair.count == 2 else {
      throw error(
        .malformedHeader, "data_offsets, an array of two",
        object["data_offsets"].map { $0.array.map { "\($0.count) elements" } ?? $0.kindName } ?? "none")
    }
    guard let begin = pair[0].int, let end = pair[1].int, begin >= 0, end >= 0 else {
      throw error(
        .offsetsOutOfRange, "data_offsets that are non-negative integers", JSONValue.array(pair).text())
    }
    return (begin, end)
  }

  private func error(
    _ kind: CheckpointError.Kind, _ expected: String, _ found: String,
    _ remedy: String = CheckpointError.fetchAgain
  ) -> CheckpointError {
    CheckpointError(kind, path: path, subject: name, expected: expected, found: found, remedy: remedy)
  }
}
