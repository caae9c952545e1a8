import GRDB

/// The tables, version by version. A version that has been released is never changed: what comes later is a
/// version of its own.
enum Schema {
  /// The SQL that leads from each version to the next; the first makes an empty file version 1.
  static let versions = [version1, version2]

  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    for (place, sql) in versions.enumerated() {
      let version = place + 1
      migrator.registerMigration("v\(version)") { db in
        try db.execute(sql: sql)
        // In the transaction that changes the tables.
        try db.execute(sql: "PRAGMA user_version = \(version)")
      }
    }
    return migrator
  }()
}
