import JSON

/// What stands before the tensors of a safetensors file.
///
///     8 bytes   N, the header's length, little-endian
///     N bytes   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__":
///     {...}} the rest  the tensors, back to back, at offsets counted from the end of the header
///
/// The rules are those of the reference implementation (huggingface/safetensors): the header has at most 100
/// MB, the tensors cover the rest of the file exactly, without overlap or hole, and each is as long as its
/// type and shape say. Nothing of a size the file claims is allocated before the claim is checked.
struct SafetensorsHeader {
  /// In the order of their places in the file.
  var tensors: [TensorDescription] = []
  var metadata: [String: String] = [:]

  static let lengthLimit = 100_000_000

  init(parsing bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let begin = try Self.lengthOfHeader(bytes, path: path) + 8
    let root = try Self.readJSON(UnsafeRawBufferPointer(rebasing: bytes[8..<begin]), path: path)
    tensors.reserveCapacity(root.count)
    for member in root.members {
      if member.key == "__metadata__" {
        metadata = try Self.readMetadata(member.value, path: path)
      } else {
        let entry = TensorEntry(name: member.key, value: member.value, path: path)
        tensors.append(try entry.description(dataBegin: begin, dataEnd: bytes.count))
      }
    }
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkCover(from: begin, to: bytes.count, path: path)
  }

  private static func lengthOfHeader(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError)
    -> Int
  {
    guard bytes.count >= 8 else {
      throw CheckpointError(
        .truncated, path: path, subject: "header length",
        expected: "a safetensors file, which begins with 8 bytes of header length",
        found: "a file of \(bytes.count) bytes", remedy: CheckpointError.fetchAgain)
    }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    if claimed > UInt64(lengthLimit) {
      throw CheckpointError(
        .headerTooLong, path: path, subject: "header length", expected: "at most \(lengthLimit) bytes",
        found: "\(claimed)", remedy: "check that this is a safetensors file")
    }
    if claimed > UInt64(bytes.count - 8) {
      throw CheckpointError(
        .truncated, path: path, subject: "header", expected: "\(claimed) bytes after the first 8",
        found: "\(bytes.count - 8): the file is truncated", remedy: CheckpointError.fetchAgain)
    }
    return Int(claimed)
  }

  private static func readJSON(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError)
    -> JSONObject
  {
    var options = JSONOptions()
    options.depthLimit = 8
    // An honest tensor takes some ten values in some sixty bytes, so this leaves room for any shape that
    // occurs.
    options.valueLimit = bytes.count / 4 + 1000
    let expected = "a JSON object of tensors"
    guard bytes.first == UInt8(ascii: "{") else {
      throw CheckpointError(
        .malformedHeader, path: path, subject: "header", expected: "{ as its first byte",
        found: bytes.first.map { "the byte \($0)" } ?? "an empty header",
        remedy: "check that this is a safetensors file")
    }
    do throws(JSONError) {
      // It begins with a brace, so it is an object.
      return try JSONValue(parsing: bytes, options: options).object!
    } catch {
      throw CheckpointError(
        error, path: path, subject: "header", expected: expected, remedy: CheckpointError.fetchAgain)
    }
  }

  private static func readMetadata(_ value: JSONValue, path: String) throws(CheckpointError) -> [String:
    String]
  {
    if value.isNull { return [:] }
    guard let object = value.object else {
      throw CheckpointError(
        .malformedHeader, path: path, subject: "__metadata__", expected: "an object of strings",
        found: value.kindName)
    }
    var metadata: [String: String] = [:]
    for member in object.members {
      guard let text = member.value.string else {
        throw CheckpointError(
          .malformedHeader, path: path, subject: "__metadata__.\(member.key)", expected: "a string",
          found: member.value.kindName)
      }
      metadata[member.key] = text
    }
    return metadata
  }

  /// Every byte after the header belongs to exactly one tensor.
  private func checkCover(from begin: Int, to end: Int, path: String) throws(CheckpointError) {
    var covered = begin
    for tensor in tensors {
      let start = tensor.byteRange.lowerBound
      if start != covered {
        throw CheckpointError(
          start < covered ? .overlap : .hole, path: path, subject: tensor.name,
          expected: "data_offsets beginning at \(covered - begin), where the tensor before it ends",
          found: "\(start - begin), which \(start < covered ? "overlaps it" : "leaves a hole")",
          remedy: CheckpointError.fetchAgain)
      }
      covered = tensor.byteRange.upperBound
    }
    if covered != end {
      throw CheckpointError(
        .hole, path: path, subject: "data", expected: "\(covered - begin) bytes, where the last tensor ends",
        found: "\(end - begin): the rest belongs to no tensor", remedy: CheckpointError.fetchAgain)
    }
  }
}
