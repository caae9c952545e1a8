import GRDB

#if canImport(Glibc)
import Glibc
#endif

/// `warbler.db`: every checkpoint, training run, decode run and transcript, in one SQLite file.
///
/// Each call is one transaction: what it did is in the store when it returns, whatever happens to the process
/// afterwards, and nothing of it if it throws. Any number of processes may use one store at once; a writer
/// waits for the others. `Docs/store.md` has the schema.
public final class Store: Sendable {
  /// The newest schema that this program knows: `PRAGMA user_version` of what it writes.
  public static let schemaVersion = Schema.versions.count

  public enum Access: Sendable {
    /// The file must be there.
    case existing
    /// The file is made if there is none.
    case creating
  }

  public let path: String
  let database: DatabaseQueue
  private let identity: StoreFile.Identity

  /// How long a writer waits for others, in seconds. A transaction takes milliseconds: who waits so long
  /// waits for a program that hangs.
  static let patienceSeconds = 60.0

  /// Opens a store, and brings one of an older version up to date.
  ///
  /// - Throws: for a file that is no store, or one of a newer version, which is then left as it is; for a
  ///   damaged one; for one that cannot be opened.
  public convenience init(path: String, access: Access = .creating) throws(StoreError) {
    try self.init(path: path, access: access, patienceSeconds: Self.patienceSeconds)
  }

  init(path: String, access: Access, patienceSeconds: Double) throws(StoreError) {
    self.path = path
    (database, identity) = try StoreFile.open(path, mayBeMissing: access == .creating) {
      () throws(StoreError) in
      try Self.patiently(path) { try Self.open(path, patienceSeconds) }
    }
    // What can be read need not be writable.
    if access == .creating { try endAbandonedRuns() } else { try? endAbandonedRuns() }
  }

  deinit {
    try? database.close()
    StoreFile.closed(identity)
  }

  /// Throws what `init` would for a file that is there and is no store of a known version. It changes
  /// nothing, and makes nothing.
  public static func checkFile(_ path: String) throws(StoreError) {
    try StoreFile.check(path, mayBeMissing: true)
  }

  /// Reads in one transaction, which sees no one else's changes.
  func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try database.read(body) } catch { throw StoreError(error, path: path) }
  }

  /// Writes in one transaction, which is undone if `body` throws.
  func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try database.write(body) } catch { throw StoreError(error, path: path) }
  }
}

extension Store {
  private static func open(_ path: String, _ patienceSeconds: Double) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patienceSeconds)
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.writeWithoutTransaction { db in
      if try isNew(db, path) {
        // First of all, and in one step: from here on the file says what it is.
        try db.execute(sql: "PRAGMA application_id = \(StoreFile.applicationID)")
      }
      if try String.fetchOne(db, sql: "PRAGMA journal_mode") != "wal" {
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      }
      // What is committed survives the process; only a power cut can take the last commits with it.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    if try version(database) < schemaVersion { try Schema.migrator.migrate(database) }
    return database
  }

  /// Whether nothing has been written into the file yet. Throws for what must not be written into.
  private static func isNew(_ db: Database, _ path: String) throws -> Bool {
    func isOurs() throws -> Bool {
      try Int.fetchOne(db, sql: "PRAGMA application_id") == StoreFile.applicationID
    }
    if try !isOurs() {
      var status = stat()
      guard stat(path, &status) == 0 else { throw StoreError.missing(path) }
      if status.st_size == 0 { return true }
      // Unless another process has just begun a store in it.
      guard try isOurs() else { throw StoreError.notAStore(path, found: "a file that is no store") }
    }
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version <= schemaVersion else { throw StoreError.newer(path, version: version) }
    return false
  }

  private static func version(_ database: DatabaseQueue) throws -> Int {
    try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
  }

  /// Opens again while others are at it.
  ///
  /// Changing to a write-ahead log does not wait for locks, and of two processes that migrate at once one
  /// finds its tables made: both find all done when they come again.
  private static func patiently<Value>(_ path: String, _ body: () throws -> Value) throws(StoreError) -> Value
  {
    let end = ContinuousClock.now + .seconds(10)
    while true {
      do {
        return try body()
      } catch {
        guard let race = error as? DatabaseError, isRace(race), ContinuousClock.now < end else {
          throw StoreError(error, path: path)
        }
        usleep(UInt32.random(in: 2_000...20_000))
      }
    }
  }

  private static func isRace(_ error: DatabaseError) -> Bool {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_SCHEMA: true
    case .SQLITE_CONSTRAINT: error.message?.contains("grdb_migrations") ?? false
    case .SQLITE_ERROR: error.message?.contains("already exists") ?? false
    default: false
    }
  }
}
