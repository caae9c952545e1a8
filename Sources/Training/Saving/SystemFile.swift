package import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// What the system says when it refuses.
package struct SystemFailure: Error, CustomStringConvertible {
  let number: Int32

  package var description: String { String(cString: strerror(number)) }
}

/// The bytes of a file.
package func readWhole(_ path: String) throws(SystemFailure) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw SystemFailure(number: errno) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &block, block.count)
    if count == 0 { return bytes }
    if count > 0 {
      bytes += block[..<count]
    } else if errno != EINTR {
      throw SystemFailure(number: errno)
    }
  }
}

/// Writes all bytes to a descriptor.
func writeWhole(_ bytes: [UInt8], to file: Int32, _ path: String) throws(CheckpointError) {
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw writeFailure(path, errno) }
    done += count
  }
}

/// Why a file or directory of a run cannot be written.
package func writeFailure(_ path: String, _ number: Int32) -> CheckpointError {
  CheckpointError(
    .unwritable, path: path, expected: "to write it", found: String(cString: strerror(number)),
    remedy: number == ENOSPC || number == EFBIG || number == EDQUOT
      ? "make room on the disk" : "check the directory and its permissions")
}

/// Flushes a file, or the names in a directory, to the disk.
package func flush(_ path: String) throws(CheckpointError) {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw writeFailure(path, errno) }
  defer { close(file) }
  guard fsync(file) == 0 else { throw writeFailure(path, errno) }
}

/// Names in a directory, in ascending order; none where it cannot be read.
package func namesInDirectory(_ path: String) -> [String] {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

package func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Removes a file, or a directory with all below it. Links are not followed.
package func removeTree(_ path: String) throws(CheckpointError) {
  if isDirectory(path) {
    for name in namesInDirectory(path) { try removeTree("\(path)/\(name)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw writeFailure(path, errno) }
  } else {
    guard unlink(path) == 0 || errno == ENOENT else { throw writeFailure(path, errno) }
  }
}

/// Makes a directory, and those above it that are missing.
package func makeDirectoryTree(_ path: String) throws(CheckpointError) {
  var made = ""
  for component in path.split(separator: "/", omittingEmptySubsequences: false) {
    made += made.isEmpty && component.isEmpty ? "/" : (made.isEmpty || made == "/" ? "" : "/") + component
    guard mkdir(made, 0o777) == 0 || errno == EEXIST || errno == EISDIR else {
      throw writeFailure(made, errno)
    }
  }
}

/// Makes or replaces a link in one step: whoever follows it finds the old or the new target.
package func replaceLink(
  _ name: String, in directory: String, leadingTo target: String
) throws(CheckpointError) {
  let temporary = "\(directory)/.\(name).\(unique())"
  guard symlink(target, temporary) == 0 else { throw writeFailure(temporary, errno) }
  guard rename(temporary, "\(directory)/\(name)") == 0 else {
    let number = errno
    unlink(temporary)
    throw writeFailure("\(directory)/\(name)", number)
  }
  try flush(directory)
}

/// A suffix that no other name has.
package func unique() -> String { String(UInt64.random(in: 0 ... .max), radix: 36) }
