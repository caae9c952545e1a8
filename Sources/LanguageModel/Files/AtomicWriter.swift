#if canImport(Glibc)
import Glibc
#endif

/// A file that appears under its name complete or not at all: written beside its place, flushed to the disk
/// and renamed. What stood there before stays until then, and stays if writing fails.
struct AtomicWriter: ~Copyable {
  private let path: String
  private let temporary: String
  private let file: Int32
  private var buffer: [UInt8] = []
  private var isCommitted = false

  private static let bufferBytes = 1 << 20

  init(path: String) throws(LanguageModelError) {
    self.path = path
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(path[...$0]) } ?? ""
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    temporary = "\(directory).\(name.prefix(100)).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw unwritable(path) }
    buffer.reserveCapacity(Self.bufferBytes)
  }

  deinit {
    close(file)
    if !isCommitted { unlink(temporary) }
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LanguageModelError) {
    if buffer.count + bytes.count > Self.bufferBytes { try flush() }
    if bytes.count >= Self.bufferBytes { return try writeAll(bytes) }
    buffer.append(contentsOf: bytes)
  }

  mutating func write(_ text: String) throws(LanguageModelError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count > Self.bufferBytes { try flush() }
  }

  /// Flushes to the disk and gives the file its name.
  consuming func commit() throws(LanguageModelError) {
    try flush()
    guard fsync(file) == 0, rename(temporary, path) == 0 else { throw unwritable(path) }
    isCommitted = true
  }

  private mutating func flush() throws(LanguageModelError) {
    try buffer.withUnsafeBufferPointer { bytes throws(LanguageModelError) in
      try writeAll(UnsafeRawBufferPointer(bytes))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(LanguageModelError) {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = Glibc.write(file, start, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw unwritable(path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}

private func unwritable(_ path: String) -> LanguageModelError {
  LanguageModelError(
    .unwritable, path: path, expected: "to write this file", found: String(cString: strerror(errno)),
    remedy: errno == ENOSPC || errno == EFBIG
      ? "make room on the disk" : "check the directory and its permissions")
}
