import Glibc
import JSON

/// `model.safetensors.index.json`, or `pytorch_model.bin.index.json`: which shard holds which tensor.
///
///     {"metadata": {"total_size": 1234}, "weight_map": {"lm_head.bias": "model-00002-of-00002.safetensors",
///     ...}}
struct ShardIndex {
  let path: String
  /// Tensor names by shard, shards in the order the index first names them.
  private(set) var shards: [(file: String, tensors: [String])] = []

  init(path: String) throws(CheckpointError) {
    self.path = path
    var options = JSONOptions()
    options.byteLimit = SafetensorsHeader.lengthLimit
    let root: JSONValue
    do throws(JSONError) {
      root = try JSONValue(contentsOf: path, options: options)
    } catch {
      throw CheckpointError(error, path: path, subject: "index", expected: "a JSON object with weight_map")
    }
    guard let map = root["weight_map"]?.object else {
      throw CheckpointError(
        .malformedHeader, path: path, subject: "weight_map",
        expected: "an object of tensor names and file names",
        found: root["weight_map"]?.kindName ?? "none")
    }
    var places: [ExactString: Int] = [:]
    for member in map.members {
      guard let file = member.value.string else {
        throw CheckpointError(
          .malformedHeader, path: path, subject: "weight_map.\(member.key)", expected: "a file name",
          found: member.value.kindName)
      }
      if let place = places[ExactString(file)] {
        shards[place].tensors.append(member.key)
        continue
      }
      guard Self.isSafe(file) else {
        throw CheckpointError(
          .unsafeFileName, path: path, subject: "weight_map.\(member.key)",
          expected: "the name of a .safetensors or .bin file in the same directory", found: file,
          remedy: "do not use this checkpoint")
      }
      places[ExactString(file)] = shards.count
      shards.append((file, [member.key]))
    }
  }

  /// Opens every shard; each must be there and hold exactly the tensors the index says it does.
  func open(in directory: String) throws(CheckpointError) -> [TensorFile] {
    let missing = shards.map(\.file).filter { access(directory + $0, F_OK) != 0 }
    if let first = missing.first {
      throw CheckpointError(
        .missingShard, path: path, subject: "weight_map", expected: "all \(shards.count) shards beside it",
        found: "\(first) missing" + (missing.count > 1 ? " and \(missing.count - 1) more" : ""),
        remedy: "copy or download the missing files")
    }
    var files: [TensorFile] = []
    for shard in shards {
      let file = try TensorFile(path: directory + shard.file)
      try check(file, holds: shard.tensors)
      files.append(file)
    }
    return files
  }

  private func check(_ file: TensorFile, holds names: [String]) throws(CheckpointError) {
    if let absent = names.first(where: { file[$0] == nil }) {
      throw CheckpointError(
        .missingTensor, path: file.path, subject: absent, expected: "this tensor, which \(path) says is here",
        found: "\(file.tensors.count) others", remedy: CheckpointError.fetchAgain)
    }
    guard file.tensors.count > names.count else { return }
    let listed = Set(names.map(ExactString.init))
    let extra = file.tensors.first { !listed.contains(ExactString($0.name)) }
    throw CheckpointError(
      .unexpectedTensor, path: file.path, subject: extra?.name ?? "",
      expected: "only the tensors that \(path) lists",
      found: "this one besides", remedy: "check that index and shards belong together")
  }

  private static func isSafe(_ name: String) -> Bool {
    (name.hasSuffix(".safetensors") || name.hasSuffix(".bin")) && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
      && !name.utf8.contains(UInt8(ascii: "\\")) && !name.hasPrefix(".")
  }
}
