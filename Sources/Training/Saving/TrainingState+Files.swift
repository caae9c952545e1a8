public import Checkpoints
import JSON

extension TrainingState {
  /// Writes both files into a checkpoint's directory.
  public func write(to directory: String, tensors: [StateTensor]) throws {
    var writer = SafetensorsWriter()
    var sums = JSONObject()
    for tensor in tensors {
      writer.add(tensor.name, shape: tensor.shape) { write in try write(UnsafeBufferPointer(tensor.floats)) }
      sums[tensor.name] = .string(tensor.checkSum)
    }
    try writer.write(to: directory + "/state.safetensors")
    var object = json
    object["crc32c"] = .object(sums)
    try AtomicFile.write(JSONValue.object(object).utf8(.pretty) + [10], to: directory + "/state.json")
  }

  /// Reads `state.json` of a checkpoint.
  public init(contentsOf directory: String) throws(CheckpointError) {
    let path = directory + "/state.json"
    let json = try Self.object(path)
    guard let version = json["version"]?.int, version <= Self.version else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "version", expected: "\(Self.version) or less",
        found: json["version"]?.text() ?? "none", remedy: "resume with the Warbler that wrote it")
    }
    guard let state = TrainingState(json) else {
      throw Self.damaged(path, "a training state", "other fields")
    }
    self = state
  }

  /// Reads `state.safetensors` of a checkpoint into the tensors, which must be those that were written.
  ///
  /// On an error the tensors hold nothing of use.
  public static func restore(_ tensors: [StateTensor], from directory: String) throws(CheckpointError) {
    let path = directory + "/state.safetensors"
    guard let sums = try object(directory + "/state.json")["crc32c"]?.object else {
      throw damaged(directory + "/state.json", "crc32c, an object", "none")
    }
    let file = try Self.opened(path)
    let names = Set(tensors.map(\.name))
    if let other = file.tensors.first(where: { !names.contains($0.name) }) {
      throw CheckpointError(
        .unexpectedTensor, path: path, subject: other.name, expected: "\(names.count) tensors without it",
        found: "\(file.tensors.count) with it", remedy: "resume with the options that the run began with")
    }
    for tensor in tensors {
      do {
        try file.copyFloats(of: tensor.name, expectingShape: tensor.shape, into: tensor.floats)
      } catch {
        throw damaged(error)
      }
      let sum = tensor.checkSum
      guard sums[tensor.name] == .string(sum) else {
        throw CheckpointError(
          .malformedHeader, path: path, subject: tensor.name,
          expected: "the check sum \(sums[tensor.name]?.string ?? "of state.json")", found: sum,
          remedy: "the file is damaged: \(remedy)")
      }
      file.releasePages(of: tensor.name)
    }
  }

  private static func opened(_ path: String) throws(CheckpointError) -> TensorFile {
    do {
      return try TensorFile(path: path)
    } catch {
      throw damaged(error)
    }
  }

  private static func object(_ path: String) throws(CheckpointError) -> JSONValue {
    do {
      return try JSONValue(contentsOf: path)
    } catch {
      var placeless = error
      placeless.path = nil
      throw damaged(path, "a training state", placeless.description)
    }
  }

  private static func damaged(_ path: String, _ expected: String, _ found: String) -> CheckpointError {
    CheckpointError(.unreadable, path: path, expected: expected, found: found, remedy: remedy)
  }

  /// There is no other copy of this file to fetch.
  private static func damaged(_ error: CheckpointError) -> CheckpointError {
    CheckpointError(
      error.kind, path: error.path, subject: error.subject, expected: error.expected, found: error.found,
      remedy: remedy)
  }

  private static let remedy = "remove this checkpoint, and resume from the one before it"
}
