import Glibc
import JSON

/// Where a checkpoint keeps its weights.
enum CheckpointLayout: Equatable {
  case file(String)
  case shards(index: String, directory: String)

  static let fileName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  /// Looks at names alone. The whole file wins over shards, as it does in transformers.
  init(path: String) throws(CheckpointError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      if let name = Self.pickled(path) { throw Self.unsupported(path, name) }
      self = .file(path)
      return
    }
    let directory = path.hasSuffix("/") ? path : path + "/"
    if access(directory + Self.fileName, F_OK) == 0 {
      self = .file(directory + Self.fileName)
    } else if access(directory + Self.indexName, F_OK) == 0 {
      self = .shards(index: directory + Self.indexName, directory: directory)
    } else if let name = ["pytorch_model.bin", "pytorch_model.bin.index.json"].first(where: {
      access(directory + $0, F_OK) == 0
    }) {
      throw Self.unsupported(directory + name, name)
    } else {
      throw CheckpointError(
        .unreadable, path: path, expected: "\(Self.fileName) or \(Self.indexName)", found: "neither",
        remedy: "name the directory that holds the weights")
    }
  }

  func open() throws(CheckpointError) -> [SafetensorsFile] {
    switch self {
    case .file(let path): [try SafetensorsFile(path: path)]
    case .shards(let index, let directory): try ShardIndex(path: index).open(in: directory)
    }
  }

  private static func pickled(_ path: String) -> String? {
    [".bin", ".pt", ".pth", ".ckpt"].first { path.hasSuffix($0) }
  }

  private static func unsupported(_ path: String, _ name: String) -> CheckpointError {
    CheckpointError(
      .unsupportedFormat, path: path, expected: "safetensors weights",
      found: "PyTorch's pickle format (\(name))",
      remedy: "convert it: model.save_pretrained(directory) in transformers writes model.safetensors")
  }
}
