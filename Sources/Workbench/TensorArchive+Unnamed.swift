import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Where temporary files go: `$TMPDIR`, or /tmp where it is unset or empty.
var temporaryDirectory: String {
  let variable = getenv("TMPDIR").map { String(cString: $0) } ?? ""
  return variable.isEmpty ? "/tmp" : variable
}

extension TensorArchive {
  /// Tensors that are in no file that anyone has named, as an archive: written to a temporary file, which is
  /// mapped and lives on without its name.
  /// - Throws: an error that names the temporary directory if nothing can be made in it, or the temporary file
  ///   if there is no room for it.
  convenience init(unnamed writer: SafetensorsWriter, in parent: String = temporaryDirectory) throws {
    var template = Array("\(parent)/warbler-weights-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template).map({ String(cString: $0) }) else {
      throw InputFailure(
        parent,
        "cannot hold temporary files: \(SystemError(number: errno)); set TMPDIR to a directory that can")
    }
    let file = "\(folder)/model.safetensors"
    defer {
      unlink(file)
      rmdir(folder)
    }
    try writer.write(to: file)
    try self.init(path: file)
  }
}
