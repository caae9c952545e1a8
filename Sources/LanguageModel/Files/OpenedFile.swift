#if canImport(Glibc)
import Glibc
#endif

/// A file open for reading, and how it begins.
final class OpenedFile {
  /// What the system says when it refuses.
  struct SystemError: Error, CustomStringConvertible {
    let number: Int32
    var description: String { String(cString: strerror(number)) }
  }

  let path: String
  let descriptor: Int32
  /// The first bytes, up to 64; `read` gives them again.
  private(set) var beginning: [UInt8] = []
  private var given = 0

  init(path: String) throws(LanguageModelError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path, "\(SystemError(number: errno))") }
    do throws(SystemError) {
      var block = [UInt8](repeating: 0, count: 64)
      while beginning.count < block.count {
        let room = block.count - beginning.count
        let count = try block.withUnsafeMutableBufferPointer { bytes throws(SystemError) in
          try system(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[..<room])))
        }
        if count == 0 { break }
        beginning += block[..<count]
      }
    } catch {
      throw .unreadable(path, error.number == EISDIR ? "a directory" : "\(error)", remedy: "name a file")
    }
  }

  deinit { close(descriptor) }

  /// Bytes of a file on disk; nil for a pipe or device.
  var size: Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Fills `bytes` at least in part; 0 at the end.
  func read(into bytes: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    guard given < beginning.count else { return try system(bytes) }
    let count = min(bytes.count, beginning.count - given)
    bytes.copyBytes(from: beginning[given..<given + count])
    given += count
    return count
  }

  private func system(_ bytes: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(descriptor, bytes.baseAddress, bytes.count)
      if count >= 0 { return count }
      if errno != EINTR { throw SystemError(number: errno) }
    }
  }
}
