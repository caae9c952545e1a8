import JSON

/// The weights of a checkpoint directory, in one file or in shards, looked up by name.
public final class TensorArchive: Sendable {
  /// What was opened: the directory or the file.
  public let path: String
  /// The files behind it, one or a shard each.
  public let files: [TensorFile]
  /// Every tensor's name, in ascending order.
  public let names: [String]
  private let owners: [ExactString: Int]

  /// Opens a checkpoint directory (`model.safetensors`, the shards that `model.safetensors.index.json` names,
  /// `pytorch_model.bin` or its shards) or one file.
  public convenience init(path: String) throws(CheckpointError) {
    try self.init(path: path, files: try CheckpointLayout(path: path).open())
  }

  init(path: String, files: [TensorFile]) throws(CheckpointError) {
    self.path = path
    self.files = files
    var owners: [ExactString: Int] = [:]
    var names: [String] = []
    for (place, file) in files.enumerated() {
      for tensor in file.tensors {
        if let first = owners.updateValue(place, forKey: ExactString(tensor.name)) {
          throw CheckpointError(
            .duplicateName, path: file.path, subject: tensor.name, expected: "each tensor in one shard",
            found: "it in \(files[first].path) too", remedy: "save the checkpoint again")
        }
        names.append(tensor.name)
      }
    }
    self.owners = owners
    self.names = names.sorted()
  }

  private init(_ base: TensorArchive, overlay file: TensorFile) {
    path = base.path
    files = base.files + [file]
    var owners = base.owners
    for tensor in file.tensors { owners[ExactString(tensor.name)] = files.count - 1 }
    self.owners = owners
    names = Set(base.names + file.tensors.map(\.name)).sorted()
  }

  /// The same tensors, except that those of `file` stand in place of their namesakes, whatever their shapes.
  public func overlaid(with file: TensorFile) -> TensorArchive { TensorArchive(self, overlay: file) }

  public subscript(name: String) -> TensorDescription? { file(of: name)?[name] }

  /// Of all files: later shards do not override earlier ones.
  public var metadata: [String: String] {
    files.reduce(into: [:]) { $0.merge($1.metadata) { first, _ in first } }
  }

  /// The bytes that all tensors take in their files.
  public var byteCount: Int { files.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.byteRange.count } } }

  /// The tensor of that name, of that shape if one is given; otherwise an error that says what is there.
  public func tensor(_ name: String, expectingShape shape: [Int]? = nil) throws(CheckpointError)
    -> TensorDescription
  {
    try owner(of: name).tensor(name, expectingShape: shape)
  }

  /// The tensor's elements, row-major, as floats; see `TensorFile.floats`.
  public func floats(_ name: String, expectingShape shape: [Int]? = nil) throws(CheckpointError) -> [Float] {
    try owner(of: name).floats(name, expectingShape: shape)
  }

  /// Like `floats`, into memory that is already there.
  ///
  /// - Precondition: the buffer has exactly as many elements as the tensor.
  public func copyFloats(
    of name: String, expectingShape shape: [Int]? = nil, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try owner(of: name).copyFloats(of: name, expectingShape: shape, into: buffer)
  }

  /// Drops the tensor's pages from the resident set; see `TensorFile.releasePages`.
  public func releasePages(of name: String) { file(of: name)?.releasePages(of: name) }

  /// Asks the system to start reading all weights from disk. It returns at once.
  public func prefetch() { for file in files { file.prefetch() } }

  private func file(of name: String) -> TensorFile? { owners[ExactString(name)].map { files[$0] } }

  private func owner(of name: String) throws(CheckpointError) -> TensorFile {
    if let file = file(of: name) { return file }
    throw CheckpointError(
      .missingTensor, path: path, subject: name, expected: "this tensor",
      found: "\(names.count) others, none of that name", remedy: "list them with 'warbler checkpoint inspect'"
    )
  }
}
