#if canImport(Glibc)
import Glibc
#endif

/// A file that cannot be read to its end.
public struct HashingError: Error, Sendable, Hashable, CustomStringConvertible {
  public let path: String
  /// The system's `errno`.
  public let errorNumber: Int32

  /// One line: the path, what the system says, what to do.
  public var description: String {
    "\(path): cannot be read: \(String(cString: strerror(errorNumber))); check the path and its permissions"
  }
}

extension SHA256 {
  /// The hash of a file's bytes, as 64 lower-case digits.
  ///
  /// - Complexity: linear in its size; memory is 1 MiB.
  public static func hex(ofFile path: String) throws(HashingError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw HashingError(path: path, errorNumber: errno) }
    defer { close(file) }
    var hash = SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(file, &block, block.count)
      if count == 0 { return hash.finalizeHex() }
      if count > 0 {
        block.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      } else if errno != EINTR {
        throw HashingError(path: path, errorNumber: errno)
      }
    }
  }
}
