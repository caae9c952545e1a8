import Glibc

/// A whole file mapped read-only; pages come in when they are touched and can be given back.
///
/// The mapping is private and outlives the file's name. A file that another process shortens while it is
/// mapped kills this process (SIGBUS) when the lost part is touched: replace checkpoints by renaming, never
/// in place.
package final class MappedFile: @unchecked Sendable {
  // Sendable: the mapping is never written and is unmapped only when the last reference is gone.
  let path: String
  package let bytes: UnsafeRawBufferPointer

  package init(path: String) throws(CheckpointError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(
        .unreadable, path: path, expected: "a regular file",
        found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or pipe",
        remedy: "name a file on disk")
    }
    let size = Int(status.st_size)
    self.path = path
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
      throw .unreadable(path, errno)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }

  /// Drops the pages that lie wholly inside the range from the resident set. They come back from the file
  /// when touched.
  package func releasePages(in range: Range<Int>) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let first = (range.lowerBound + page - 1) / page * page
    // The file's last page is its own even where it is not full.
    let last = range.upperBound == bytes.count ? range.upperBound : range.upperBound / page * page
    advise(MADV_DONTNEED, first..<max(first, last))
  }

  /// Asks the system to read the range ahead.
  func prefetch(_ range: Range<Int>) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    advise(MADV_WILLNEED, range.lowerBound / page * page..<range.upperBound)
  }

  /// Advice can only change speed and memory, so its failure is of no account.
  private func advise(_ advice: Int32, _ range: Range<Int>) {
    guard !range.isEmpty, let base = bytes.baseAddress else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: base + range.lowerBound), range.count, advice)
  }
}

extension CheckpointError {
  static func unreadable(_ path: String, _ code: Int32) -> CheckpointError {
    CheckpointError(
      .unreadable, path: path, expected: "a file that can be read", found: String(cString: strerror(code)),
      remedy: code == ENOENT ? "check the path" : code == EACCES ? "check the permissions" : "")
  }
}
