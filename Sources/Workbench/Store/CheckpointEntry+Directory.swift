import AcousticModel
import Checkpoints
import Hashing
public import Store

#if canImport(Glibc)
import Glibc
#endif

extension CheckpointEntry {
  /// What a store is told of the checkpoint in a directory, but for its making.
  ///
  /// Its hash is that of `model.safetensors`. Weights in several files, shards or a language's adapter, have
  /// the hash of the lines that `sha256sum` prints for them, in the order of their names. A checkpoint of
  /// pre-training, which has no CTC head, has the architecture `hubert` or `wav2vec2`.
  /// - Parameters:
  ///   - language: whose adapter belongs to it; nil for none.
  ///   - store: keeps the hashes of files, so that large ones are read once.
  /// - Throws: an error of one line, if it is no checkpoint or cannot be read.
  public init(directory: String, language: String? = nil, hashesKeptIn store: Store) throws {
    let configuration = try ModelConfiguration(
      contentsOf: "\(directory)/config.json", acceptsPretrained: true)
    var weights = try TensorArchive(path: directory)
    if let language {
      weights = weights.overlaid(with: try LanguageAdapter(language: language, directory: directory).file)
    }
    let hasHead = weights["lm_head.weight"] != nil
    let parameters = ParameterList(configuration, for: weights, hasHead: hasHead).parameters
    self.init(
      hash: try contentHash(ofFiles: weights.files.map(\.path), hashesKeptIn: store),
      path: absolutePath(directory),
      architecture: hasHead ? configuration.architecture.rawValue : configuration.architecture.modelType,
      parameterCount: parameters.reduce(0) { $0 + (weights[$1.name]?.elementCount ?? $1.elementCount) })
  }
}

/// The hash of a file, or of `sha256sum`'s lines for several.
private func contentHash(ofFiles paths: [String], hashesKeptIn store: Store) throws -> String {
  func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
  let hashes = try paths.sorted { name($0) < name($1) }.map {
    (try hash(ofFile: $0, keptIn: store), name($0))
  }
  if hashes.count == 1 { return hashes[0].0 }
  return SHA256.hex(of: hashes.map { "\($0)  \($1)\n" }.joined())
}

/// The hash of a file, out of the store if the file is as it was when the store was told.
private func hash(ofFile path: String, keptIn store: Store) throws -> String {
  guard let state = FileState(of: path) else { return try SHA256.hex(ofFile: path) }
  if let hash = try store.hash(of: state) { return hash }
  let hash = try SHA256.hex(ofFile: path)
  // Unless it was written meanwhile.
  if FileState(of: path) == state { try store.keep(hash: hash, of: state) }
  return hash
}

extension FileState {
  /// - Returns: nil for what is no file.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(
      path: absolutePath(path), size: Int(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      inode: UInt64(status.st_ino))
  }
}
