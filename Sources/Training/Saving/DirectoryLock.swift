package import Checkpoints

#if canImport(Glibc)
import Glibc
#endif

/// Makes a process the only one that trains into a directory: `DIR/.lock`, which the system releases however
/// the process ends.
package final class DirectoryLock: Sendable {
  private let file: Int32

  /// - Throws: one line, if another process holds it.
  package init(_ directory: String) throws(CheckpointError) {
    let path = directory + "/.lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw writeFailure(path, errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw CheckpointError(
        .unwritable, path: directory, expected: "a directory for this run alone",
        found: "another training that is writing to it", remedy: "wait for it, or choose another --out")
    }
    self.file = file
  }

  deinit { close(file) }
}
