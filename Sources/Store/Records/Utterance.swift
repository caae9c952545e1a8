import GRDB
public import JSON

/// A recording, or an interval of one, known by what is heard in it and not by its name.
public struct UtteranceEntry: Sendable, Hashable {
  /// SHA-256 of the sound: of the recording's bytes, and for an interval of that and its bounds.
  public var hash: String
  /// SHA-256 of the bytes of the whole recording: what all its intervals have in common.
  public var audioHash: String
  /// Where the interval begins; nil for a whole recording.
  public var offsetSeconds: Double?
  /// How long it was asked to be; nil if it reaches to the recording's end.
  public var lengthSeconds: Double?
  /// What there is of it.
  public var durationSeconds: Double

  public init(
    hash: String, audioHash: String, offsetSeconds: Double? = nil, lengthSeconds: Double? = nil,
    durationSeconds: Double
  ) {
    self.hash = hash
    self.audioHash = audioHash
    self.offsetSeconds = offsetSeconds
    self.lengthSeconds = lengthSeconds
    self.durationSeconds = durationSeconds
  }
}

/// An utterance of a store.
public struct UtteranceRecord: Sendable {
  public let id: RecordID
  public let entry: UtteranceEntry
  /// Where its recording was last seen.
  public let path: String

  init(_ row: Row) throws {
    id = RecordID(.utterance, try row.required("id"))
    entry = UtteranceEntry(
      hash: try row.required("hash"), audioHash: try row.required("audio_hash"),
      offsetSeconds: try row.optional("offset_seconds"),
      lengthSeconds: try row.optional("length_seconds"), durationSeconds: try row.required("duration"))
    path = try row.required("path")
  }

  public var document: JSONValue {
    [
      "id": JSONValue(id), "hash": .string(entry.hash), "audio_hash": .string(entry.audioHash),
      "audio_filepath": .string(path), "offset": JSONValue(entry.offsetSeconds),
      "length": JSONValue(entry.lengthSeconds), "duration": .number(entry.durationSeconds),
    ]
  }
}

extension Store {
  public func utterance(_ id: RecordID) throws(StoreError) -> UtteranceRecord {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT * FROM utterance WHERE id = ?", arguments: [id.number(of: .utterance)])
      else { throw StoreError.noSuchRecord(path, id) }
      return try UtteranceRecord(row)
    }
  }

  /// The number of an utterance, which is entered if it is new. `path` is where its recording now lies.
  static func utteranceNumber(_ entry: UtteranceEntry, path: String, _ db: Database) throws -> Int64 {
    try db.cachedStatement(
      sql: """
        INSERT INTO utterance (hash, audio_hash, offset_seconds, length_seconds, duration, path)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET path = excluded.path WHERE path <> excluded.path
        """
    ).execute(arguments: [
      entry.hash, entry.audioHash, entry.offsetSeconds, entry.lengthSeconds, entry.durationSeconds, path,
    ])
    let query = try db.cachedStatement(sql: "SELECT id FROM utterance WHERE hash = ?")
    return try Int64.fetchOne(query, arguments: [entry.hash]) ?? 0
  }
}
