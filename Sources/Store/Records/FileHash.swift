import GRDB

/// What tells that a file has not changed since it was hashed.
public struct FileState: Sendable, Hashable {
  /// From the root on.
  public var path: String
  public var size: Int
  /// Nanoseconds since 1970.
  public var modified: Int64
  public var inode: UInt64

  public init(path: String, size: Int, modified: Int64, inode: UInt64) {
    self.path = path
    self.size = size
    self.modified = modified
    self.inode = inode
  }
}

extension Store {
  /// The hash that was kept for a file in this state.
  public func hash(of file: FileState) throws(StoreError) -> String? {
    try read { db in
      try String.fetchOne(
        db, sql: "SELECT hash FROM file_hash WHERE path = ? AND size = ? AND modified_ns = ? AND inode = ?",
        arguments: [file.path, file.size, file.modified, Int64(bitPattern: file.inode)])
    }
  }

  /// Keeps the hash of a file as long as it stays in this state, so that large weights are hashed once.
  public func keep(hash: String, of file: FileState) throws(StoreError) {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO file_hash (path, size, modified_ns, inode, hash) VALUES (?, ?, ?, ?, ?)",
        arguments: [file.path, file.size, file.modified, Int64(bitPattern: file.inode), hash])
    }
  }
}
