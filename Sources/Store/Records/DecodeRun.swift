import GRDB
public import JSON

/// A decode run that begins.
public struct DecodeRunEntry: Sendable {
  /// nil where emissions are decoded.
  public var checkpoint: RecordID?
  /// DECODER as the command line writes it: `greedy`, `beam:width=50,...`.
  public var decoder: String
  public var precision: String
  /// Whatever else settles its results: an object.
  public var settings: JSONValue
  /// The program's.
  public var version: String
  /// How many inputs there are to decode.
  public var inputs: Int

  public init(
    checkpoint: RecordID?, decoder: String, precision: String, settings: JSONValue, version: String,
    inputs: Int
  ) {
    self.checkpoint = checkpoint
    self.decoder = decoder
    self.precision = precision
    self.settings = settings
    self.version = version
    self.inputs = inputs
  }
}

/// A decode run of a store.
public struct DecodeRunRecord: Sendable {
  public let id: RecordID
  public let entry: DecodeRunEntry
  public let status: RunStatus
  public let message: String?
  /// Inputs that gave a transcript, and inputs that failed, so far.
  public let decoded: Int
  public let failed: Int
  /// Of the recordings decoded.
  public let audioSeconds: Double
  public let startedAt: String
  /// When it last wrote, or ended.
  public let updatedAt: String
  /// Between the two.
  public let seconds: Double
  public let host: String
  /// Where the checkpoint was last seen, and its hash.
  public let checkpointPath: String?
  public let checkpointHash: String?

  init(_ row: Row) throws {
    id = RecordID(.decodeRun, try row.required("id"))
    entry = DecodeRunEntry(
      checkpoint: try row.id(.checkpoint, "checkpoint_id"), decoder: try row.required("decoder"),
      precision: try row.required("precision"),
      settings: try row.json("settings"), version: try row.required("version"),
      inputs: try row.required("inputs"))
    status = RunStatus(rawValue: try row.required("status")) ?? .failed
    message = try row.optional("message")
    decoded = try row.required("decoded")
    failed = try row.required("failed")
    audioSeconds = try row.required("audio_seconds")
    startedAt = try row.required("started_at")
    updatedAt = try row.required("updated_at")
    seconds = try row.required("seconds")
    host = try row.required("host")
    checkpointPath = try row.optional("checkpoint_path")
    checkpointHash = try row.optional("checkpoint_hash")
  }

  public var document: JSONValue {
    [
      "id": JSONValue(id), "kind": "decode", "status": .string(status.rawValue),
      "message": JSONValue(message),
      "started_at": .string(startedAt), "updated_at": .string(updatedAt), "seconds": .number(seconds),
      "checkpoint": JSONValue(entry.checkpoint), "checkpoint_hash": JSONValue(checkpointHash),
      "checkpoint_path": JSONValue(checkpointPath), "decoder": .string(entry.decoder),
      "precision": .string(entry.precision), "inputs": JSONValue(entry.inputs), "decoded": JSONValue(decoded),
      "failed": JSONValue(failed), "audio_seconds": .number(audioSeconds), "settings": entry.settings,
      "version": .string(entry.version), "host": .string(host),
    ]
  }

  static let query = """
    SELECT decode_run.*, \(secondsOfRun) AS seconds,
      checkpoint.path AS checkpoint_path, checkpoint.hash AS checkpoint_hash
    FROM decode_run LEFT JOIN checkpoint ON checkpoint.id = decode_run.checkpoint_id
    """
}

extension Store {
  /// Puts a run on record that begins now, on this host, in this process.
  public func beginDecoding(_ entry: DecodeRunEntry) throws(StoreError) -> RecordID {
    try write { db in
      let now = timestamp()
      try db.execute(
        sql: """
          INSERT INTO decode_run
            (started_at, updated_at, status, checkpoint_id, decoder, precision, settings, inputs, version, host, process)
          VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          now, now, entry.checkpoint?.number(of: .checkpoint), entry.decoder, entry.precision,
          entry.settings.text(), entry.inputs, entry.version, RunningProcess.current.host,
          RunningProcess.current.name,
        ])
      return RecordID(.decodeRun, db.lastInsertedRowID)
    }
  }

  /// Ends a run.
  /// - Parameter message: one line on why, for a run that failed.
  public func endDecoding(_ run: RecordID, as status: RunStatus, message: String? = nil) throws(StoreError) {
    precondition(run.kind == .decodeRun, "\(run) is no decode run")
    try end(run, in: "decode_run", status, message)
  }

  /// All decode runs, in the order of their beginnings.
  public func decodeRuns() throws(StoreError) -> [DecodeRunRecord] {
    try read { db in
      try Row.fetchAll(db, sql: DecodeRunRecord.query + " ORDER BY decode_run.id").map {
        try DecodeRunRecord($0)
      }
    }
  }

  public func decodeRun(_ id: RecordID) throws(StoreError) -> DecodeRunRecord {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: DecodeRunRecord.query + " WHERE decode_run.id = ?", arguments: [id.number(of: .decodeRun)])
      else { throw StoreError.noSuchRecord(path, id) }
      return try DecodeRunRecord(row)
    }
  }
}
