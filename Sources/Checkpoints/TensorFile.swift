import JSON

/// A file of tensors, mapped read-only: safetensors, or what `torch.save` wrote of a dictionary of them, told
/// apart by content.
///
/// Opening reads the header alone, however large the file. The tensors are read where they lie and
/// converted on the way out; they need not be aligned.
public final class TensorFile: Sendable {
  public let path: String
  /// A safetensors file's `__metadata__`: `["format": "pt"]` as a rule; empty for PyTorch's.
  public let metadata: [String: String]
  /// In the order of their places in the file.
  public let tensors: [TensorDescription]
  let file: MappedFile
  private let places: [ExactString: Int]

  /// Maps the file and checks its header whole.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    self.file = file
    self.path = path
    if PyTorchTensors.isFormat(file.bytes) {
      metadata = [:]
      tensors = try PyTorchTensors(file.bytes, path: path).tensors
    } else {
      let header = try SafetensorsHeader(parsing: file.bytes, path: path)
      metadata = header.metadata
      tensors = header.tensors
    }
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { (ExactString($1.name), $0) })
  }

  public subscript(name: String) -> TensorDescription? {
    places[ExactString(name)].map { tensors[$0] }
  }

  /// The tensor of that name, of that shape if one is given; otherwise an error that says what is there.
  public func tensor(_ name: String, expectingShape shape: [Int]? = nil) throws(CheckpointError)
    -> TensorDescription
  {
    guard let tensor = self[name] else {
      throw CheckpointError(
        .missingTensor, path: path, subject: name, expected: "this tensor",
        found: "\(tensors.count) others, none of that name",
        remedy: "list them with 'warbler checkpoint inspect'")
    }
    if let shape, shape != tensor.shape {
      throw CheckpointError(
        .shapeMismatch, path: path, subject: name, expected: "shape \(shape)", found: "\(tensor.shape)",
        remedy: "check that config.json belongs to these weights")
    }
    return tensor
  }

  /// Drops the pages that lie wholly inside the tensor from the resident set: once weights have been packed
  /// elsewhere, the file's copy need not stay in memory. The tensor can still be read.
  public func releasePages(of name: String) {
    if let tensor = self[name] { file.releasePages(in: tensor.byteRange) }
  }

  /// Asks the system to start reading the tensors from disk. It returns at once.
  public func prefetch() {
    if let first = tensors.first { file.prefetch(first.byteRange.lowerBound..<file.bytes.count) }
  }
}
