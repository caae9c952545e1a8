import Audio

#if canImport(Glibc)
import Glibc
#endif

/// The files below a directory whose extension is one of some, as a rule `audioFileExtensions`; each folder's
/// entries in the order of their bytes. Names that begin with a dot are passed over. Links are
/// followed, but no folder is entered twice.
struct DirectoryWalk {
  private(set) var files: [String] = []
  /// Folders that could not be read.
  private(set) var failures: [InputFailure] = []
  private var visited: Set<FileIdentity> = []
  private let extensions: Set<String>

  init(_ directory: String, extensions: Set<String> = Set(audioFileExtensions)) {
    self.extensions = extensions
    enter(directory)
  }

  private mutating func enter(_ directory: String) {
    guard let names = names(in: directory) else {
      failures.append(
        InputFailure(directory, "cannot be read: \(SystemError(number: errno)); make it readable"))
      return
    }
    let prefix = asPrefix(directory)
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let path = prefix + name
      var status = stat()
      let found = stat(path, &status) == 0
      if found, status.st_mode & S_IFMT == S_IFDIR {
        if visited.insert(FileIdentity(status)).inserted { enter(path) }
      } else if extensions.contains(lowercasedExtension(of: name)) {
        files.append(path)
      }
    }
  }

  private mutating func names(in directory: String) -> [String]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var status = stat()
    if fstat(dirfd(stream), &status) == 0 { visited.insert(FileIdentity(status)) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}

private struct FileIdentity: Hashable {
  let device: UInt64
  let file: UInt64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    file = UInt64(status.st_ino)
  }
}
