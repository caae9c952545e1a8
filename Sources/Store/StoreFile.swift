import GRDB
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The first look at a file, before SQLite may write into it: recovering a journal, or folding a log into the
/// file when it is closed, would change a file that is not ours.
enum StoreFile {
  /// `WBLR`, at byte 68 of a store (`PRAGMA application_id`).
  static let applicationID = 0x5742_4C52

  /// Throws unless the file can be a store of a known version.
  /// - Parameter mayBeMissing: whether a store would be made; then an empty file is as good as none.
  static func check(_ path: String, mayBeMissing: Bool) throws(StoreError) {
    try inUse.withLock { inUse throws(StoreError) in
      try check(path, mayBeMissing: mayBeMissing, inUse)
    }
  }

  /// Looks at the file, and has SQLite open it if it can be a store; `closed` must follow when it is closed.
  static func open(
    _ path: String, mayBeMissing: Bool, _ body: () throws(StoreError) -> DatabaseQueue
  ) throws(StoreError) -> (database: DatabaseQueue, identity: Identity) {
    try inUse.withLock { inUse throws(StoreError) in
      try check(path, mayBeMissing: mayBeMissing, inUse)
      let database = try body()
      guard let identity = Identity(of: path) else { throw inaccessible(path, errno) }
      inUse[identity, default: 0] += 1
      return (database, identity)
    }
  }

  static func closed(_ identity: Identity) {
    inUse.withLock { inUse in
      inUse[identity, default: 1] -= 1
      if inUse[identity] == 0 { inUse[identity] = nil }
    }
  }

  struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }

    /// nil if there is no such file.
    init?(of path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.init(status)
    }
  }

  /// Files that this process has open as stores, and how often. As long as one is open, no other file is
  /// given its inode.
  private static let inUse = Mutex<[Identity: Int]>([:])

  private static func check(
    _ path: String, mayBeMissing: Bool, _ inUse: [Identity: Int]
  ) throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT, mayBeMissing { return }
      if errno == ENOENT { throw .missing(path) }
      throw inaccessible(path, errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notAStore(path, found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file")
    }
    // SQLite makes the file before it writes: a process killed between leaves it empty.
    if status.st_size == 0 {
      if mayBeMissing { return }
      throw .notAStore(path, found: "an empty file")
    }
    // Closing any descriptor of a file ends all locks that this process has on it (POSIX): a store that is in
    // use here is not opened a second time behind SQLite's back.
    if inUse[Identity(status)] == nil { try checkHeader(path) }
  }

  /// SQLite's file format, 1.3: the magic, big-endian user version at 60 and application id at 68.
  private static func checkHeader(_ path: String) throws(StoreError) {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw inaccessible(path, errno) }
    defer { close(file) }
    var header = [UInt8](repeating: 0, count: 100)
    let count = pread(file, &header, header.count, 0)
    guard count >= 0 else { throw inaccessible(path, errno) }
    guard count == header.count, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw .notAStore(path, found: "a file of another kind")
    }
    func number(at place: Int) -> Int {
      header[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 68) == applicationID else { throw .notAStore(path, found: "another program's database") }
    guard number(at: 60) <= Store.schemaVersion else { throw .newer(path, version: number(at: 60)) }
  }

  private static func inaccessible(_ path: String, _ number: Int32) -> StoreError {
    StoreError(
      .inaccessible, path: path, "cannot be opened: \(String(cString: strerror(number)))",
      remedy: "check the path and its permissions")
  }
}
