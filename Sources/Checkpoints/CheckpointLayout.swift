import Glibc
import JSON

/// Where a checkpoint keeps its weights.
enum CheckpointLayout: Equatable {
  case file(String)
  case shards(index: String, directory: String)

  static let fileName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"
  /// What transformers wrote before, and still reads.
  static let pickleName = "pytorch_model.bin"
  static let pickleIndexName = "pytorch_model.bin.index.json"

  /// Looks at names alone. The whole file wins over shards, and safetensors over pickles, as in transformers.
  init(path: String) throws(CheckpointError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      self = .file(path)
      return
    }
    let directory = path.hasSuffix("/") ? path : path + "/"
    let names = [Self.fileName, Self.indexName, Self.pickleName, Self.pickleIndexName]
    guard let name = names.first(where: { access(directory + $0, F_OK) == 0 }) else {
      throw CheckpointError(
        .unreadable, path: path, expected: "\(Self.fileName), \(Self.pickleName) or the index of either",
        found: "none", remedy: "name the directory that holds the weights")
    }
    self =
      name == Self.fileName || name == Self.pickleName
      ? .file(directory + name) : .shards(index: directory + name, directory: directory)
  }

  func open() throws(CheckpointError) -> [TensorFile] {
    switch self {
    case .file(let path): [try TensorFile(path: path)]
    case .shards(let index, let directory): try ShardIndex(path: index).open(in: directory)
    }
  }
}
