#if canImport(Glibc)
import Glibc
#endif

/// All that a file yields, or standard input for descriptor 0.
/// - Throws: the system's `errno`.
func readAll(path: String) throws(SystemError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw SystemError(number: errno) }
  defer { close(descriptor) }
  return try readAll(descriptor: descriptor, limit: .max)
}

/// The first bytes of a file, up to `count`.
func readBeginning(path: String, count: Int) throws(SystemError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw SystemError(number: errno) }
  defer { close(descriptor) }
  return try readAll(descriptor: descriptor, limit: count)
}

func readAll(descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while bytes.count < limit {
    let count = read(descriptor, &block, min(block.count, limit - bytes.count))
    if count == 0 { break }
    if count > 0 {
      bytes += block[..<count]
    } else if errno != EINTR {
      throw SystemError(number: errno)
    }
  }
  return bytes
}

/// What the system says when it refuses.
struct SystemError: Error, CustomStringConvertible {
  let number: Int32

  var description: String { String(cString: strerror(number)) }
}
