import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The files of a feature cache's directory, and the room they take.
///
/// When an entry was last used is its modification time, so that all processes agree on it.
final class FeatureFiles: Sendable {
  private struct Entry {
    let path: String
    let bytes: Int
    let lastUse: (seconds: Int, nanoseconds: Int)
  }

  private struct Room {
    /// Of all entries, as of the last look at the directory and what was written since.
    var bytes = 0
    /// Bytes that may be written before the next look. Other processes write too.
    var unlooked = 0
  }

  private let directory: String
  private let limitBytes: Int?
  private let room = Mutex(Room())

  /// A leftover of this age, in seconds, is of a process that was killed: writing takes far less.
  private static let leftoverAge = 600

  init(directory: String, limitBytes: Int?) {
    self.directory = directory
    self.limitBytes = limitBytes
  }

  /// The entry was used now.
  func noteUse(of path: String) { utimensat(AT_FDCWD, path, nil, 0) }

  /// Evicts until `bytes` more fit; false if they never will.
  ///
  /// The directory is looked at again whenever a sixteenth of the limit has been written, and so exceeds the
  /// limit by no more than that for each other process.
  func makeRoom(for bytes: Int) -> Bool {
    guard let limitBytes else { return true }
    guard bytes <= limitBytes else { return false }
    room.withLock { room in
      if room.unlooked < bytes || room.bytes + bytes > limitBytes {
        // Eviction goes a tenth further, so that not every write has to evict.
        room.bytes = evict(
          downTo: max(0, limitBytes - limitBytes / 10 - bytes), ifOver: limitBytes - bytes)
        room.unlooked = max(bytes, limitBytes / 16)
      }
      room.bytes += bytes
      room.unlooked -= bytes
    }
    return true
  }

  /// Looks at the directory and removes the least recently used entries until all take `most` bytes or less,
  /// if they take over `limit`.
  /// - Returns: the bytes of those that stay.
  private func evict(downTo most: Int, ifOver limit: Int) -> Int {
    let entries = entries()
    var bytes = entries.reduce(0) { $0 + $1.bytes }
    guard bytes > limit else { return bytes }
    for entry in entries.sorted(by: { $0.lastUse < $1.lastUse }) {
      if bytes <= most { break }
      // Somebody else may have removed it: gone it is all the same.
      unlink(entry.path)
      bytes -= entry.bytes
    }
    return bytes
  }

  /// Removes what killed processes left half-written.
  func removeLeftovers() {
    let now = time(nil)
    forEachFile { path, name, status in
      if name.hasPrefix("."), now - status.st_mtim.tv_sec > Self.leftoverAge { unlink(path) }
    }
  }

  private func entries() -> [Entry] {
    var entries: [Entry] = []
    forEachFile { path, name, status in
      guard name.hasSuffix(".f16") || name.hasSuffix(".f32"), !name.hasPrefix(".") else { return }
      entries.append(
        Entry(
          path: path, bytes: Int(status.st_size),
          lastUse: (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)))
    }
    return entries
  }

  /// Regular files two folders below the directory.
  private func forEachFile(_ body: (_ path: String, _ name: String, _ status: stat) -> Void) {
    for encoder in names(in: directory) where encoder.utf8.count == 64 {
      for folder in names(in: "\(directory)/\(encoder)") where folder.utf8.count == 2 {
        for name in names(in: "\(directory)/\(encoder)/\(folder)") {
          let path = "\(directory)/\(encoder)/\(folder)/\(name)"
          var status = stat()
          if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { body(path, name, status) }
        }
      }
    }
  }
}

/// The names in a directory but `.` and `..`; none if it cannot be read.
private func names(in directory: String) -> [String] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}
