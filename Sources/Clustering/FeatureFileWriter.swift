public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Writes a ``FeatureFile``, frames as they come; it appears under its name complete or not at all.
public final class FeatureFileWriter {
  private let path: String
  private let temporary: String
  private let dimensions: Int
  private let precision: FeatureFile.Precision
  private let file: Int32
  private var buffer: [UInt8] = []
  private var isFinished = false
  /// Frames so far.
  public private(set) var count = 0

  private static let bufferSize = 1 << 20

  /// - Parameter dimensions: features of a frame, above 0.
  public init(path: String, dimensions: Int, precision: FeatureFile.Precision = .float32)
    throws(CheckpointError)
  {
    precondition(dimensions > 0, "frames of \(dimensions) features")
    self.path = path
    self.dimensions = dimensions
    self.precision = precision
    temporary = "\(path).part"
    file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw unwritable(path, errno) }
    buffer.reserveCapacity(Self.bufferSize)
    buffer.append(contentsOf: [UInt8](repeating: 0, count: FeatureFile.headerBytes))
  }

  deinit {
    close(file)
    if !isFinished { unlink(temporary) }
  }

  /// Adds frames, row-major.
  ///
  /// - Returns: the first of them, counted from 0, with an element that is not finite, or too large for half
  ///   precision where that is asked for; then none was added. nil if all are good.
  public func append(_ frames: UnsafeBufferPointer<Float>) throws(CheckpointError) -> Int? {
    precondition(
      frames.count % dimensions == 0, "\(frames.count) elements for frames of \(dimensions) features")
    let limit: Float = precision == .float16 ? 65504 : .greatestFiniteMagnitude
    if let bad = frames.firstIndex(where: { !(abs($0) <= limit) }) { return bad / dimensions }
    if precision == .float32 {
      try add(UnsafeRawBufferPointer(frames))
    } else {
      let halves = [UInt16](unsafeUninitializedCapacity: frames.count) { halves, count in
        narrow(frames, toFloat16: UnsafeMutableBufferPointer(rebasing: halves[..<frames.count]))
        count = frames.count
      }
      try halves.withUnsafeBufferPointer { halves throws(CheckpointError) in
        try add(UnsafeRawBufferPointer(halves))
      }
    }
    count += frames.count / dimensions
    return nil
  }

  /// Completes the file, flushes it to the disk and gives it its name.
  public func finish() throws(CheckpointError) {
    try flushBuffer()
    var header = FeatureFile.magic
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { header.append(contentsOf: $0) }
    }
    append(FeatureFile.version)
    append(precision.rawValue)
    append(UInt64(count))
    append(UInt64(dimensions))
    guard pwrite(file, header, header.count, 0) == header.count, fsync(file) == 0,
      rename(temporary, path) == 0
    else { throw unwritable(path, errno) }
    isFinished = true
  }

  private func add(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    if buffer.count + bytes.count > Self.bufferSize { try flushBuffer() }
    if bytes.count >= Self.bufferSize { return try write(bytes) }
    buffer.append(contentsOf: bytes)
  }

  private func flushBuffer() throws(CheckpointError) {
    try buffer.withUnsafeBufferPointer { bytes throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    try writeWhole(bytes, to: file, path)
  }
}

/// Writes all bytes to a descriptor.
func writeWhole(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws(CheckpointError) {
  var done = 0
  while done < bytes.count {
    let count = write(file, bytes.baseAddress! + done, bytes.count - done)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw unwritable(path, errno) }
    done += count
  }
}

func unwritable(_ path: String, _ number: Int32) -> CheckpointError {
  CheckpointError(
    .unwritable, path: path, expected: "to write this file", found: String(cString: strerror(number)),
    remedy: number == ENOSPC || number == EFBIG || number == EDQUOT
      ? "make room on the disk" : "check the directory and its permissions")
}
