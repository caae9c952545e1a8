import JSON

/// Writes safetensors files that the reference implementation loads.
///
/// Tensors lie in descending order of element size, then by name, so that each is aligned; the header is
/// padded with spaces to a multiple of 8 bytes. The file appears under its name complete or not at all.
public struct SafetensorsWriter {
  /// Gives its argument the elements, row-major, for the length of a call.
  public typealias Source = ((UnsafeBufferPointer<Float>) throws -> Void) throws -> Void

  /// Gives its argument the little-endian bytes of the elements, for the length of a call.
  public typealias ByteSource = ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

  private enum Payload {
    case floats(Source)
    case bytes([UInt8])
    case lentBytes(ByteSource)
  }

  private struct Entry {
    let name: String
    let dataType: DataType
    let shape: [Int]
    let byteCount: Int
    let payload: Payload
  }

  /// The file's `__metadata__`; transformers refuses a file whose `format` is not one it knows.
  public var metadata: [String: String]
  private var entries: [Entry] = []
  private var names: Set<ExactString> = [ExactString("__metadata__")]

  public init(metadata: [String: String] = ["format": "pt"]) { self.metadata = metadata }

  /// Adds a tensor that is stored as F32, F16 or BF16, rounded to nearest, ties to even.
  ///
  /// - Precondition: the name is new, and there are as many elements as the shape says.
  public mutating func add(_ name: String, shape: [Int], as type: DataType = .float32, _ floats: [Float]) {
    precondition(
      floats.count == shape.reduce(1, *), "\(name): \(floats.count) elements for the shape \(shape)")
    add(name, shape: shape, as: type) { write in try floats.withUnsafeBufferPointer { try write($0) } }
  }

  /// Like the other `add`, for elements that are kept elsewhere and only lent, while the file is being
  /// written.
  public mutating func add(
    _ name: String, shape: [Int], as type: DataType = .float32, from source: @escaping Source
  ) {
    precondition(
      [.float32, .float16, .bfloat16].contains(type), "\(name): floats are not stored as \(type.rawValue)")
    append(name, shape, type, .floats(source))
  }

  /// Adds a tensor of any type as its little-endian bytes: a counter, or what another file held.
  public mutating func add(_ name: String, shape: [Int], as type: DataType, bytes: [UInt8]) {
    append(name, shape, type, .bytes(bytes))
    precondition(
      bytes.count == entries.last!.byteCount, "\(name): \(bytes.count) bytes for \(type.rawValue) \(shape)")
  }

  /// Like it, for bytes that are kept elsewhere and only lent, while the file is being written.
  public mutating func add(
    _ name: String, shape: [Int], as type: DataType, fromBytes source: @escaping ByteSource
  ) {
    append(name, shape, type, .lentBytes(source))
  }

  private mutating func append(_ name: String, _ shape: [Int], _ type: DataType, _ payload: Payload) {
    guard let size = measure(shape: shape, bitsPerElement: type.bitsPerElement) else {
      preconditionFailure("\(name): \(shape) is no shape")
    }
    precondition(names.insert(ExactString(name)).inserted, "the tensor \(name) is added twice")
    entries.append(Entry(name: name, dataType: type, shape: shape, byteCount: size.bytes, payload: payload))
  }

  /// Writes the file. An error that a source throws is passed on; others are `CheckpointError`.
  public func write(to path: String) throws {
    let entries = entries.sorted {
      $0.dataType.bitsPerElement != $1.dataType.bitsPerElement
        ? $0.dataType.bitsPerElement > $1.dataType.bitsPerElement : $0.name < $1.name
    }
    var file = try AtomicFile(path: path)
    try file.write(header(entries))
    for entry in entries {
      switch entry.payload {
      case .bytes(let bytes): try file.write(bytes)
      case .lentBytes(let source):
        var count = 0
        try source { bytes in
          count += bytes.count
          precondition(count <= entry.byteCount, "\(entry.name): more bytes than the shape \(entry.shape)")
          try file.write(bytes)
        }
        precondition(
          count == entry.byteCount, "\(entry.name): \(count) bytes for the shape \(entry.shape)")
      case .floats(let source):
        var count = 0
        try source { floats in
          count += floats.count
          precondition(
            count * entry.dataType.bitsPerElement / 8 <= entry.byteCount,
            "\(entry.name): more elements than the shape \(entry.shape)")
          try narrow(floats, to: entry.dataType, into: &file)
        }
        precondition(
          count * entry.dataType.bitsPerElement / 8 == entry.byteCount,
          "\(entry.name): \(count) elements for the shape \(entry.shape)")
      }
    }
    try file.commit()
  }

  private func header(_ entries: [Entry]) -> [UInt8] {
    var root = JSONObject()
    if !metadata.isEmpty {
      var object = JSONObject()
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
      root["__metadata__"] = .object(object)
    }
    var offset = 0
    for entry in entries {
      root[entry.name] = [
        "dtype": .string(entry.dataType.rawValue),
        "shape": .array(entry.shape.map { .integer(Int64($0)) }),
        "data_offsets": [.integer(Int64(offset)), .integer(Int64(offset + entry.byteCount))],
      ]
      offset += entry.byteCount
    }
    var text = JSONValue.object(root).utf8()
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  /// Converts a piece at a time, so that a large tensor costs no second copy.
  private func narrow(
    _ floats: UnsafeBufferPointer<Float>, to type: DataType, into file: inout AtomicFile
  ) throws {
    guard type != .float32 else { return try file.write(UnsafeRawBufferPointer(floats)) }
    let piece = 1 << 16
    var halves = [UInt16](repeating: 0, count: min(piece, floats.count))
    for begin in stride(from: 0, to: floats.count, by: piece) {
      let count = min(piece, floats.count - begin)
      if type == .float16 {
        for i in 0..<count { halves[i] = float16(floats[begin + i]).littleEndian }
      } else {
        for i in 0..<count { halves[i] = bfloat16(floats[begin + i]).littleEndian }
      }
      try halves.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<(2 * count)])) }
    }
  }
}
