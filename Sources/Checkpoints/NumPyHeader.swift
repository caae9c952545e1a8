/// What stands before the elements of a `.npy` file (NumPy enhancement proposal 1; numpy/lib/format.py).
///
///     6 bytes   \x93NUMPY
///     2 bytes   version: 1.0, 2.0 or 3.0
///     2 bytes   N, the length of the header, little-endian (4 bytes from version 2 on)
///     N bytes   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, padded with spaces, ended by a
///     newline the rest  the elements
///
/// The dictionary is a Python literal. It is read by a grammar of just this dictionary, never evaluated.
struct NumPyHeader {
  let dataType: DataType
  let shape: [Int]
  let dataBegin: Int

  static let lengthLimit = 1 << 16

  init(parsing bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let (begin, end) = try Self.bounds(bytes, path: path)
    var literal = PythonLiteral(UnsafeRawBufferPointer(rebasing: bytes[begin..<end]), path: path)
    let fields = try literal.dictionary()
    if fields.isFortranOrder {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "fortran_order", expected: "False", found: "True",
        remedy: "save numpy.ascontiguousarray(x)")
    }
    switch fields.description {
    case "<f4": dataType = .float32
    case "<f8": dataType = .float64
    case "<f2": dataType = .float16
    default:
      throw CheckpointError(
        .unsupportedDataType, path: path, subject: "descr",
        expected: "<f4, <f8 or <f2 (little-endian floats)",
        found: fields.description, remedy: "save x.astype('<f4')")
    }
    shape = fields.shape
    dataBegin = end
    guard let size = measure(shape: shape, bitsPerElement: dataType.bitsPerElement) else {
      throw CheckpointError(
        .invalidShape, path: path, subject: "shape", expected: "a shape whose size in bytes fits 63 bits",
        found: "\(shape)")
    }
    let count = bytes.count - end
    if size.bytes != count {
      throw CheckpointError(
        size.bytes > count ? .truncated : .sizeMismatch, path: path, subject: "data",
        expected: "\(size.bytes) bytes for \(fields.description) \(shape)",
        found: "\(count)" + (size.bytes > count ? ": the file is truncated" : ""),
        remedy: CheckpointError.fetchAgain)
    }
  }

  /// Where the dictionary lies.
  private static func bounds(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) -> (
    Int, Int
  ) {
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, expected: "a NumPy .npy file",
        found: bytes.isEmpty ? "an empty file" : "other bytes at its beginning",
        remedy: "write it with numpy.save")
    }
    let version = bytes.count >= 8 ? (bytes[6], bytes[7]) : (0, 0)
    let begin = version.0 == 1 ? 10 : 12
    guard bytes.count >= begin else {
      throw CheckpointError(
        .truncated, path: path, subject: "header", expected: "\(begin) bytes and more",
        found: "\(bytes.count)",
        remedy: CheckpointError.fetchAgain)
    }
    guard (1...3).contains(version.0), version.1 == 0 else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "version", expected: "1.0, 2.0 or 3.0",
        found: "\(version.0).\(version.1)")
    }
    let length =
      version.0 == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    if length > lengthLimit {
      throw CheckpointError(
        .headerTooLong, path: path, subject: "header length", expected: "at most \(lengthLimit) bytes",
        found: "\(length)")
    }
    if length > bytes.count - begin {
      throw CheckpointError(
        .truncated, path: path, subject: "header", expected: "\(length) bytes",
        found: "\(bytes.count - begin)",
        remedy: CheckpointError.fetchAgain)
    }
    return (begin, begin + length)
  }
}
