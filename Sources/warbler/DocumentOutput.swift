import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// Where the texts of utterances go: one after the other to stdout or the file of `--out`; in formats that
/// give each utterance a file of its own, several of them to a directory.
enum DocumentOutput {
  case stream(ResultOutput)
  case folder(DocumentFolder)

  /// - Parameters:
  ///   - path: `--out`; nil for stdout.
  ///   - documentExtension: of an utterance's own file; nil where all go into one.
  ///   - inputs: how many there are.
  init(path: String?, documentExtension: String?, format: String, inputs: Int) throws {
    guard let documentExtension, inputs != 1 || path.map(isDirectory) == true else {
      self = .stream(try ResultOutput(path: path))
      return
    }
    guard let path else {
      throw UsageError(
        "--format \(format): \(inputs) inputs need a directory for their files; name it by --out")
    }
    self = .folder(try DocumentFolder(directory: path, extension: documentExtension))
  }

  func write(_ text: String, id: String) throws {
    switch self {
    case .stream(let output): try output.write(text)
    case .folder(let folder): try folder.write(text, id: id)
    }
  }
}

private func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
