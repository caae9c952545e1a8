import Glibc

/// A file that appears under its name complete or not at all.
///
/// It is written beside its place under another name, flushed to the disk and renamed. What stood there
/// before stays until then, and stays if writing fails.
public struct AtomicFile: ~Copyable {
  public let path: String
  private let temporary: String
  private let file: Int32
  private var buffer: [UInt8] = []
  private var committed = false

  private static let bufferSize = 1 << 20

  public init(path: String) throws(CheckpointError) {
    self.path = path
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(path[...$0]) } ?? ""
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
    temporary = "\(directory).\(name.prefix(100)).\(unique)"
    file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .unwritable(path, errno) }
  }

  deinit {
    close(file)
    if !committed { unlink(temporary) }
  }

  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize { return try writeAll(bytes) }
    buffer.append(contentsOf: bytes)
  }

  public mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
    try bytes.withUnsafeBufferPointer { source throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(source))
    }
  }

  /// Flushes to the disk and gives the file its name.
  public consuming func commit() throws(CheckpointError) {
    try flush()
    guard fsync(file) == 0, rename(temporary, path) == 0 else { throw .unwritable(path, errno) }
    committed = true
    // The name too should survive a crash; where directories cannot be flushed, nothing is lost but that.
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = open(slash.map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      _ = fsync(directory)
      close(directory)
    }
  }

  /// Writes a small file whole.
  public static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
    var file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  private mutating func flush() throws(CheckpointError) {
    try buffer.withUnsafeBufferPointer { source throws(CheckpointError) in
      try writeAll(UnsafeRawBufferPointer(source))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(file, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .unwritable(path, errno) }
      done += count
    }
  }
}

extension CheckpointError {
  static func unwritable(_ path: String, _ code: Int32) -> CheckpointError {
    CheckpointError(
      .unwritable, path: path, expected: "to write this file", found: String(cString: strerror(code)),
      remedy: code == ENOSPC ? "make room on the disk" : "check the directory and its permissions")
  }
}
