public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// A file of features: what is fitted to need not fit into memory.
///
///     8 bytes   "WARBROWS"
///     u32       version, 1
///     u32       16 or 32: the bits of an element, IEEE half or single precision
///     u64       frames
///     u64       features of a frame
///     32 bytes  0
///     the rest  the elements, frame after frame, without gaps
///
/// All numbers are little-endian. A scratch format: it is written by ``FeatureFileWriter`` and removed when
/// the clusters are found.
public final class FeatureFile: FrameSource {
  /// How elements are stored.
  public enum Precision: UInt32, Sendable, CaseIterable {
    case float16 = 16
    case float32 = 32

    var bytes: Int { Int(rawValue) / 8 }
  }

  public let path: String
  public let count: Int
  public let dimensions: Int
  public let precision: Precision
  private let file: Int32

  static let headerBytes = 64
  static let magic = Array("WARBROWS".utf8)
  static let version: UInt32 = 1

  /// Opens the file and checks that it is as long as its header says.
  public init(path: String) throws(CheckpointError) {
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw unreadable(path, errno) }
    do throws(CheckpointError) {
      var status = stat()
      guard fstat(file, &status) == 0 else { throw unreadable(path, errno) }
      let header = try Header(of: file, bytes: Int(status.st_size), path)
      self.path = path
      precision = header.precision
      count = header.frames
      dimensions = header.width
    } catch {
      close(file)
      throw error
    }
  }

  deinit { close(file) }

  public var memory: UnsafePointer<Float>? { nil }

  public func read(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>) throws(CheckpointError) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "frames \(range) of \(count)")
    let elements = range.count * dimensions
    let offset = Self.headerBytes + range.lowerBound * dimensions * precision.bytes
    if precision == .float32 {
      let bytes = UnsafeMutableRawBufferPointer(start: rows, count: elements * MemoryLayout<Float>.stride)
      return try readWhole(into: bytes, from: file, at: offset, path)
    }
    var halves = [UInt16](repeating: 0, count: elements)
    try halves.withUnsafeMutableBufferPointer { buffer throws(CheckpointError) in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      try readWhole(into: bytes, from: file, at: offset, path)
      widen(
        .float16, UnsafeRawBufferPointer(bytes),
        into: UnsafeMutableBufferPointer(start: rows, count: elements))
    }
  }
}

/// What stands before the frames, checked.
private struct Header {
  let precision: FeatureFile.Precision
  let frames: Int
  let width: Int

  init(of file: Int32, bytes: Int, _ path: String) throws(CheckpointError) {
    var header = [UInt8](repeating: 0, count: FeatureFile.headerBytes)
    if bytes >= header.count {
      try header.withUnsafeMutableBufferPointer { buffer throws(CheckpointError) in
        try readWhole(into: UnsafeMutableRawBufferPointer(buffer), from: file, at: 0, path)
      }
    }
    guard bytes >= header.count, header[..<8].elementsEqual(FeatureFile.magic) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, expected: "a file of features, which begins with WARBROWS",
        found: bytes < header.count ? "\(bytes) bytes" : "something else", remedy: "write it again")
    }
    func field<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
      header.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
      }
    }
    let version = field(8, UInt32.self)
    let bits = field(12, UInt32.self)
    guard version == FeatureFile.version, let precision = FeatureFile.Precision(rawValue: bits) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "header",
        expected: "version \(FeatureFile.version) of 16 or 32 bits",
        found: "version \(version) of \(bits) bits",
        remedy: "write it again")
    }
    let (frames, width) = (field(16, UInt64.self), field(24, UInt64.self))
    let (elements, tooMany) = frames.multipliedReportingOverflow(by: width)
    let data = UInt64(bytes - header.count)
    guard width > 0, !tooMany, elements <= data, elements * UInt64(precision.bytes) == data,
      elements > 0 || frames == 0 && width < 1 << 32
    else {
      throw CheckpointError(
        .sizeMismatch, path: path, subject: "data",
        expected: "\(frames) frames of \(width) x \(bits) bits",
        found: "\(data) bytes: the file is truncated or damaged", remedy: "write it again")
    }
    self.precision = precision
    self.frames = Int(frames)
    self.width = Int(width)
  }
}

/// Fills the buffer from a place in a file.
private func readWhole(
  into bytes: UnsafeMutableRawBufferPointer, from file: Int32, at offset: Int, _ path: String
) throws(CheckpointError) {
  var done = 0
  while done < bytes.count {
    let count = pread(file, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
    if count < 0 && errno == EINTR { continue }
    guard count != 0 else {
      throw CheckpointError(
        .truncated, path: path, expected: "\(bytes.count) bytes at \(offset)", found: "\(done)",
        remedy: "leave the file alone while it is used")
    }
    guard count > 0 else { throw unreadable(path, errno) }
    done += count
  }
}

private func unreadable(_ path: String, _ number: Int32) -> CheckpointError {
  CheckpointError(
    .unreadable, path: path, expected: "to read this file", found: String(cString: strerror(number)),
    remedy: "check the path and its permissions")
}
