import GRDB
public import JSON

/// A comparison of systems that has been made.
public struct ComparisonRecord: Sendable {
  public let id: RecordID
  public let madeAt: String
  public let title: String
  /// What `compare --json` prints, without the scores of each utterance: an object.
  public let figures: JSONValue
  /// The program's.
  public let version: String

  init(_ row: Row) throws {
    id = RecordID(.comparison, try row.required("id"))
    madeAt = try row.required("made_at")
    title = try row.required("title")
    figures = try row.json("document")
    version = try row.required("version")
  }

  /// The figures, behind the record's id and time.
  public var document: JSONValue {
    var object: JSONObject = [
      "id": JSONValue(id), "made_at": .string(madeAt), "version": .string(version),
    ]
    for member in figures.object?.members ?? [] { object[member.key] = member.value }
    return .object(object)
  }
}

extension Store {
  /// Puts a comparison on record.
  public func add(comparison title: String, figures: JSONValue, version: String) throws(StoreError)
    -> RecordID
  {
    try write { db in
      try db.execute(
        sql: "INSERT INTO comparison (made_at, title, document, version) VALUES (?, ?, ?, ?)",
        arguments: [timestamp(), title, figures.text(), version])
      return RecordID(.comparison, db.lastInsertedRowID)
    }
  }

  /// All comparisons, in the order in which they were made.
  public func comparisons() throws(StoreError) -> [ComparisonRecord] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM comparison ORDER BY id").map { try ComparisonRecord($0) }
    }
  }

  /// - Throws: if there is none of that id.
  public func comparison(_ id: RecordID) throws(StoreError) -> ComparisonRecord {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT * FROM comparison WHERE id = ?", arguments: [id.number(of: .comparison)])
      else { throw StoreError.noSuchRecord(path, id) }
      return try ComparisonRecord(row)
    }
  }
}
