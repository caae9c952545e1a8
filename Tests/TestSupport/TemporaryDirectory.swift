import Glibc

/// A new directory in `$TMPDIR`, or in /tmp without it, that is removed with all below it at the end of its
/// life.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() {
    let variable = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = variable.isEmpty ? "/tmp" : variable
    var template = Array("\(parent)/warbler-tests-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      preconditionFailure("\(parent): no directory can be made in it: \(String(cString: strerror(errno)))")
    }
    path = String(cString: made)
  }

  deinit { remove(path) }

  /// Links are removed and not followed; a directory that a test has closed is opened again.
  private func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    chmod(path, 0o700)
    for name in TestSupport.names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  /// What is in it, hidden files too, in ascending order.
  public var names: [String] { TestSupport.names(in: path) }

  /// The path of `name` in it, whether there is such a file or not.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a directory in it.
  public func folder(_ name: String) {
    precondition(mkdir(file(name), 0o700) == 0, "\(file(name)): \(String(cString: strerror(errno)))")
  }

  /// Writes a file and returns its path. A file of that name is replaced: if it is a link, what it leads to
  /// stays as it is.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, as name: String) -> String {
    let path = file(name)
    unlink(path)
    // "e": children that other tests start do not inherit it.
    guard let stream = fopen(path, "wbxe") else {
      preconditionFailure("\(path): \(String(cString: strerror(errno)))")
    }
    let bytes = Array(bytes)
    let count = fwrite(bytes, 1, bytes.count, stream)
    precondition(fclose(stream) == 0 && count == bytes.count, "\(path): \(count) of \(bytes.count) bytes")
    return path
  }

  @discardableResult
  public func write(_ text: String, as name: String) -> String { write(text.utf8, as: name) }
}
