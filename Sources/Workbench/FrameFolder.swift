public import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// A directory that keeps what a model gave for recordings, emissions or hidden states: `DIR/ID.npy`, (T, C).
/// `/` in an id makes folders.
public struct FrameFolder: FrameDestination {
  public let directory: String

  /// Makes the directory if it is not there.
  public init(directory: String) throws(InputFailure) {
    self.directory = directory
    try makeFolders([], in: directory)
  }

  /// The same entries, where those are failures whose rows could not be kept here.
  public func refusing(_ entries: [InputEntry]) -> [InputEntry] {
    entries.map { entry in
      guard case .utterance(let utterance) = entry, folderComponents(ofID: utterance.id) == nil else {
        return entry
      }
      return .failure(
        InputFailure(
          utterance.audioPath,
          "its id \(utterance.id) would lead out of \(directory); give it another id in the manifest"))
    }
  }

  /// Writes one utterance's rows; the file appears complete or not at all.
  public func write(_ rows: FrameRows, as type: DataType, id: String) throws(InputFailure) {
    let path = try outputPath(id: id, extension: "npy", in: directory)
    do {
      try NumPyFile.write(rows.values, shape: [rows.frames, rows.width], as: type, to: path)
    } catch {
      throw InputFailure(error.description)
    }
  }
}

/// `directory/id.extension`, with the folders that it needs.
func outputPath(id: String, extension: String, in directory: String) throws(InputFailure) -> String {
  guard let components = folderComponents(ofID: id) else {
    throw InputFailure(id, "this id would lead out of \(directory); give it another in the manifest")
  }
  try makeFolders(components.dropLast(), in: directory)
  return "\(directory)/\(components.joined(separator: "/")).\(`extension`)"
}

func makeFolders(_ components: some Sequence<String>, in directory: String) throws(InputFailure) {
  var path = directory
  for component in [""] + components {
    if !component.isEmpty { path += "/" + component }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST && isDirectory(path) else {
      throw InputFailure(
        path, "cannot be made a directory: \(SystemError(number: errno)); check the path and its permissions")
    }
  }
}

private func isDirectory(_ path: String) -> Bool {
  var status = stat()
  guard stat(path, &status) == 0 else { return false }
  if status.st_mode & S_IFMT == S_IFDIR { return true }
  errno = ENOTDIR
  return false
}
