#if canImport(Glibc)
import Glibc
#endif

/// A folder for files that are needed for a while, in `$TMPDIR` or /tmp; it goes with all that is in it.
final class ScratchFolder {
  let path: String

  /// - Throws: a failure that names the directory in which none can be made.
  init(in parent: String = temporaryDirectory) throws(InputFailure) {
    var template = Array("\(parent)/warbler-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template).map({ String(cString: $0) }) else {
      throw InputFailure(
        parent,
        "cannot hold temporary files: \(SystemError(number: errno)); set TMPDIR to a directory that can")
    }
    path = folder
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  private var names: [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
