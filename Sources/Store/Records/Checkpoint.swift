import GRDB
public import JSON

/// A checkpoint to register.
public struct CheckpointEntry: Sendable {
  /// SHA-256 of its weights, in hexadecimal: what a checkpoint is known by, wherever it lies.
  public var hash: String
  /// Its directory, from the root on.
  public var path: String
  /// `HubertForCTC`, ...
  public var architecture: String
  /// Numbers in the weights that the model reads.
  public var parameterCount: Int
  /// The checkpoint that training started from.
  public var parent: RecordID?
  public var trainingRun: RecordID?
  /// Of the training run.
  public var step: Int?
  /// What was measured on it, such as `{"eval_loss": 1.2, "wer": 0.3}`; null if nothing was.
  public var metrics: JSONValue

  public init(
    hash: String, path: String, architecture: String, parameterCount: Int, parent: RecordID? = nil,
    trainingRun: RecordID? = nil, step: Int? = nil, metrics: JSONValue = .null
  ) {
    self.hash = hash
    self.path = path
    self.architecture = architecture
    self.parameterCount = parameterCount
    self.parent = parent
    self.trainingRun = trainingRun
    self.step = step
    self.metrics = metrics
  }
}

/// A checkpoint of a store.
public struct CheckpointRecord: Sendable {
  public let id: RecordID
  public let entry: CheckpointEntry
  public let registeredAt: String

  init(_ row: Row) throws {
    id = RecordID(.checkpoint, try row.required("id"))
    entry = CheckpointEntry(
      hash: try row.required("hash"), path: try row.required("path"),
      architecture: try row.required("architecture"),
      parameterCount: try row.required("parameters"), parent: try row.id(.checkpoint, "parent_id"),
      trainingRun: try row.id(.trainingRun, "training_run_id"), step: try row.optional("step"),
      metrics: try row.json("metrics"))
    registeredAt = try row.required("registered_at")
  }

  public var document: JSONValue {
    [
      "id": JSONValue(id), "hash": .string(entry.hash), "path": .string(entry.path),
      "architecture": .string(entry.architecture), "parameters": JSONValue(entry.parameterCount),
      "parent": JSONValue(entry.parent), "training_run": JSONValue(entry.trainingRun),
      "step": JSONValue(entry.step), "metrics": entry.metrics, "registered_at": .string(registeredAt),
    ]
  }
}

extension Store {
  /// Registers a checkpoint, or returns the one that has the same weights.
  ///
  /// What the entry says about its path stands from now on; what it says about its making is kept where the
  /// store knows it and taken where it does not. So a copy of a trained checkpoint remains the child of its
  /// training.
  @discardableResult
  public func register(_ entry: CheckpointEntry) throws(StoreError) -> RecordID {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO checkpoint
            (hash, path, architecture, parameters, parent_id, training_run_id, step, metrics, registered_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (hash) DO UPDATE SET
            path = excluded.path, parent_id = coalesce(parent_id, excluded.parent_id),
            training_run_id = coalesce(training_run_id, excluded.training_run_id),
            step = coalesce(step, excluded.step), metrics = coalesce(excluded.metrics, metrics)
          """,
        arguments: [
          entry.hash, entry.path, entry.architecture, entry.parameterCount,
          entry.parent?.number(of: .checkpoint), entry.trainingRun?.number(of: .trainingRun), entry.step,
          entry.metrics.isNull ? nil : entry.metrics.text(), timestamp(),
        ])
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM checkpoint WHERE hash = ?", arguments: [entry.hash])
      return RecordID(.checkpoint, id ?? 0)
    }
  }

  /// All checkpoints, in the order of their registration.
  public func checkpoints() throws(StoreError) -> [CheckpointRecord] {
    try read {
      try Row.fetchAll($0, sql: "SELECT * FROM checkpoint ORDER BY id").map { try CheckpointRecord($0) }
    }
  }

  public func checkpoint(_ id: RecordID) throws(StoreError) -> CheckpointRecord {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT * FROM checkpoint WHERE id = ?", arguments: [id.number(of: .checkpoint)])
      else { throw StoreError.noSuchRecord(path, id) }
      return try CheckpointRecord(row)
    }
  }

  /// The checkpoint whose weights have that hash, if it is registered.
  public func checkpoint(hash: String) throws(StoreError) -> CheckpointRecord? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM checkpoint WHERE hash = ?", arguments: [hash])
        .map { try CheckpointRecord($0) }
    }
  }
}
