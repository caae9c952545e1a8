import JSON

/// The tensors of a file that `torch.save` wrote: where they lie in it, to be read as those of safetensors are.
///
/// Since PyTorch 1.6 it is a ZIP archive of stored entries:
///
///     NAME/data.pkl     the pickle, in which a storage is but its key
///     NAME/data/KEY     its elements
///
/// Before, one file: pickles of a magic number, a version, the machine, the object and the keys of storages; then for
/// each key the number of elements in 8 bytes, and the elements. (torch/serialization.py.)
///
/// The object is a dictionary of names and tensors; what else is in it is passed over. Nothing in a pickle is run,
/// so that a file from anywhere can be opened.
struct PyTorchTensors {
  /// In the order of their places in the file.
  private(set) var tensors: [TensorDescription] = []
  private let path: String

  /// Whether a file that begins so is one.
  static func isFormat(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // A safetensors header of that length would have its brace where an archive tells the compression.
    ZipDirectory.isArchive(bytes)
      ? bytes.count > 8 && bytes[8] != UInt8(ascii: "{") : bytes.starts(with: magicNumber)
  }

  /// The first pickle of the older layout, protocol 2: an integer of ten bytes.
  private static let magicNumber: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    self.path = path
    do {
      let (root, storages) =
        ZipDirectory.isArchive(bytes)
        ? try Self.archive(bytes, path: path) : try Self.legacy(bytes, path: path)
      try note(root, storages: storages)
    } catch let error as PickleReader.Malformed {
      throw Self.malformed(path, error.found)
    } catch let error as ZipDirectory.Malformed {
      throw Self.malformed(path, error.found)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw Self.malformed(path, "\(error)")
    }
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
  }

  // MARK: The two layouts

  private static func archive(_ bytes: UnsafeRawBufferPointer, path: String) throws -> (
    PickleValue, [String: Range<Int>]
  ) {
    let entries = try ZipDirectory(bytes).entries
    guard let pickle = entries.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
      throw malformed(path, "a ZIP archive without data.pkl")
    }
    let folder = pickle.name.dropLast("data.pkl".count)
    var storages: [String: Range<Int>] = [:]
    for entry in entries where entry.name.hasPrefix(folder + "data/") {
      storages[String(entry.name.dropFirst(folder.count + 5))] = entry.range
    }
    if let order = entries.first(where: { $0.name == folder + "byteorder" }),
      bytes[order.range].elementsEqual("big".utf8)
    {
      throw malformed(path, "numbers with the most significant byte first")
    }
    var reader = PickleReader(UnsafeRawBufferPointer(rebasing: bytes[pickle.range]))
    return (try reader.read(), storages)
  }

  private static func legacy(_ bytes: UnsafeRawBufferPointer, path: String) throws -> (
    PickleValue, [String: Range<Int>]
  ) {
    var reader = PickleReader(bytes)
    _ = try reader.read()
    guard case .integer(1001) = try reader.read() else { throw malformed(path, "a version that is not 1001") }
    _ = try reader.read()
    let root = try reader.read()
    guard case .list(let keys) = try reader.read() else { throw malformed(path, "no list of storages") }
    var storages: [String: Range<Int>] = [:]
    var place = reader.position
    for key in keys.texts {
      guard bytes.count - place >= 8 else { throw malformed(path, "its end before storage \(key)") }
      let count = Int(
        clamping: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      guard let size = (reader.storages[key]?.dataType.bitsPerElement).map({ $0 / 8 }) else {
        throw malformed(path, "storage \(key), of which no tensor is")
      }
      let (length, overflowed) = count.multipliedReportingOverflow(by: size)
      guard !overflowed, length <= bytes.count - place - 8 else {
        throw malformed(path, "its end within storage \(key): the file is truncated")
      }
      storages[key] = place + 8..<place + 8 + length
      place += 8 + length
    }
    return (root, storages)
  }

  // MARK: Tensors

  private mutating func note(_ root: PickleValue, storages: [String: Range<Int>]) throws(CheckpointError) {
    guard case .dictionary(let dictionary) = root else {
      throw Self.malformed(path, "something else: save a model's state_dict()")
    }
    var names: Set<ExactString> = []
    for (name, tensor) in dictionary.tensors {
      guard names.insert(ExactString(name)).inserted else {
        throw CheckpointError(
          .duplicateName, path: path, subject: name, expected: "each tensor once", found: "it twice",
          remedy: "save the checkpoint again")
      }
      tensors.append(try description(name, tensor, storages: storages))
    }
    guard !tensors.isEmpty else {
      throw Self.malformed(path, "a dictionary without tensors: save a model's state_dict()")
    }
  }

  private func description(_ name: String, _ tensor: PickledTensor, storages: [String: Range<Int>])
    throws(CheckpointError) -> TensorDescription
  {
    func wrong(_ kind: CheckpointError.Kind, _ expected: String, _ found: String, _ remedy: String)
      -> CheckpointError
    { CheckpointError(kind, path: path, subject: name, expected: expected, found: found, remedy: remedy) }
    guard let range = storages[tensor.storage.key] else {
      throw wrong(
        .truncated, "storage \(tensor.storage.key) in the file", "none", CheckpointError.fetchAgain)
    }
    let size = tensor.storage.dataType.bitsPerElement / 8
    guard let length = measure(shape: tensor.shape, bitsPerElement: size * 8)?.bytes else {
      throw wrong(.invalidShape, "a shape", "\(tensor.shape)", CheckpointError.fetchAgain)
    }
    guard tensor.isContiguous else {
      throw wrong(
        .unsupportedFormat, "elements row by row", "strides \(tensor.strides) of shape \(tensor.shape)",
        "save tensor.contiguous()")
    }
    let (begin, overflowed) = tensor.offset.multipliedReportingOverflow(by: size)
    guard !overflowed, begin >= 0, begin <= range.count, length <= range.count - begin else {
      throw wrong(
        .offsetsOutOfRange, "\(length) bytes from element \(tensor.offset) of its storage",
        "a storage of \(range.count) bytes", CheckpointError.fetchAgain)
    }
    return TensorDescription(
      name: name, dataType: tensor.storage.dataType, shape: tensor.shape,
      byteRange: range.lowerBound + begin..<range.lowerBound + begin + length)
  }

  private static func malformed(_ path: String, _ found: String) -> CheckpointError {
    CheckpointError(
      .malformedHeader, path: path, expected: "a dictionary of tensors that torch.save wrote", found: found,
      remedy: CheckpointError.fetchAgain)
  }
}
