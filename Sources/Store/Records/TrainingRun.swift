import GRDB
public import JSON

/// A training run that begins.
public struct TrainingRunEntry: Sendable {
  /// OUT, from the root on.
  public var directory: String
  /// Every option as resolved: an object.
  public var settings: JSONValue
  /// What is trained and evaluated on: an object of names (`train`, `dev`) and content hashes, or of whatever
  /// more there is to say about them.
  public var data: JSONValue
  /// The program's.
  public var version: String
  /// What training starts from; nil for random weights.
  public var initialCheckpoint: RecordID?

  public init(
    directory: String, settings: JSONValue, data: JSONValue, version: String,
    initialCheckpoint: RecordID? = nil
  ) {
    self.directory = directory
    self.settings = settings
    self.data = data
    self.version = version
    self.initialCheckpoint = initialCheckpoint
  }
}

/// What was measured at a step of a training run.
public struct TrainingMetrics: Sendable {
  public enum Kind: String, Sendable, Hashable {
    /// A step of the optimizer.
    case step
    case evaluation
  }

  public var kind: Kind
  public var step: Int
  /// By the names of `metrics.jsonl`, such as `{"loss": 1.25, "learning_rate": 1e-4}`.
  public var values: JSONObject

  public init(_ kind: Kind, step: Int, values: JSONObject) {
    self.kind = kind
    self.step = step
    self.values = values
  }

  /// The step, and what was measured.
  public var document: JSONValue {
    var object: JSONObject = ["step": JSONValue(step)]
    for member in values.members where member.key != "step" { object[member.key] = member.value }
    return .object(object)
  }
}

/// A training run of a store.
public struct TrainingRunRecord: Sendable {
  public let id: RecordID
  public let entry: TrainingRunEntry
  public let status: RunStatus
  /// Why it failed, or what else its end had to say.
  public let message: String?
  public let startedAt: String
  /// When it last wrote, or ended.
  public let updatedAt: String
  /// Between the two.
  public let seconds: Double
  public let host: String
  /// The last step and evaluation that were measured.
  public let lastStep: TrainingMetrics?
  public let lastEvaluation: TrainingMetrics?

  init(_ row: Row) throws {
    id = RecordID(.trainingRun, try row.required("id"))
    entry = TrainingRunEntry(
      directory: try row.required("directory"), settings: try row.json("settings"),
      data: try row.json("data"),
      version: try row.required("version"),
      initialCheckpoint: try row.id(.checkpoint, "initial_checkpoint_id"))
    status = RunStatus(rawValue: try row.required("status")) ?? .failed
    message = try row.optional("message")
    startedAt = try row.required("started_at")
    updatedAt = try row.required("updated_at")
    seconds = try row.required("seconds")
    host = try row.required("host")
    func metrics(_ kind: TrainingMetrics.Kind) throws -> TrainingMetrics? {
      guard let step: Int = try row.optional("\(kind)_number") else { return nil }
      return TrainingMetrics(kind, step: step, values: try row.json("\(kind)_values").object ?? JSONObject())
    }
    lastStep = try metrics(.step)
    lastEvaluation = try metrics(.evaluation)
  }

  public var document: JSONValue {
    [
      "id": JSONValue(id), "kind": "training", "status": .string(status.rawValue),
      "message": JSONValue(message), "started_at": .string(startedAt), "updated_at": .string(updatedAt),
      "seconds": .number(seconds), "directory": .string(entry.directory),
      "initial_checkpoint": JSONValue(entry.initialCheckpoint), "step": JSONValue(lastStep?.step),
      "last_step": lastStep?.document ?? .null,
      "last_evaluation": lastEvaluation?.document ?? .null, "data": entry.data,
      "settings": entry.settings, "version": .string(entry.version), "host": .string(host),
    ]
  }

  /// Runs with their last metrics, which the primary key of the metrics finds at once.
  static let query = """
    SELECT training_run.*, \(secondsOfRun) AS seconds,
      step.step AS step_number, step.metrics AS step_values,
      evaluation.step AS evaluation_number, evaluation.metrics AS evaluation_values
    FROM training_run
    LEFT JOIN training_metric AS step ON step.run_id = training_run.id AND step.kind = 'step'
      AND step.step = (SELECT max(step) FROM training_metric WHERE run_id = training_run.id AND kind = 'step')
    LEFT JOIN training_metric AS evaluation
      ON evaluation.run_id = training_run.id AND evaluation.kind = 'evaluation' AND evaluation.step =
        (SELECT max(step) FROM training_metric WHERE run_id = training_run.id AND kind = 'evaluation')
    """
}

/// SQL for the seconds between a run's beginning and its last sign of life.
let secondsOfRun = "round((julianday(updated_at) - julianday(started_at)) * 86400, 3)"

extension Store {
  /// Puts a run on record that begins now, on this host, in this process.
  public func beginTraining(_ entry: TrainingRunEntry) throws(StoreError) -> RecordID {
    try write { db in
      let now = timestamp()
      try db.execute(
        sql: """
          INSERT INTO training_run
            (started_at, updated_at, status, directory, initial_checkpoint_id, settings, data, version, host, process)
          VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          now, now, entry.directory, entry.initialCheckpoint?.number(of: .checkpoint), entry.settings.text(),
          entry.data.text(), entry.version, RunningProcess.current.host, RunningProcess.current.name,
        ])
      return RecordID(.trainingRun, db.lastInsertedRowID)
    }
  }

  /// Goes on with the latest run in a directory, in this process: it is running again, and what it had
  /// measured after `step` is taken back, as it will be measured anew.
  ///
  /// - Returns: nil if the store has no run of that directory.
  public func resumeTraining(in directory: String, afterStep step: Int) throws(StoreError) -> RecordID? {
    try write { db in
      guard
        let number = try Int64.fetchOne(
          db, sql: "SELECT max(id) FROM training_run WHERE directory = ?", arguments: [directory])
      else { return nil }
      try db.execute(
        sql: "DELETE FROM training_metric WHERE run_id = ? AND step > ?", arguments: [number, step])
      try db.execute(
        sql: """
          UPDATE training_run SET status = 'running', message = NULL, updated_at = ?, host = ?, process = ?
          WHERE id = ?
          """,
        arguments: [timestamp(), RunningProcess.current.host, RunningProcess.current.name, number])
      return RecordID(.trainingRun, number)
    }
  }

  /// Adds measurements to a run, in one transaction. A step that was measured before is measured anew.
  public func append(_ metrics: [TrainingMetrics], to run: RecordID) throws(StoreError) {
    try write { db in
      try db.execute(
        sql: "UPDATE training_run SET updated_at = ? WHERE id = ?",
        arguments: [timestamp(), run.number(of: .trainingRun)])
      if db.changesCount == 0 { throw StoreError.noSuchRecord(path, run) }
      let insertion = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO training_metric (run_id, kind, step, metrics) VALUES (?, ?, ?, ?)")
      for entry in metrics {
        try insertion.execute(
          arguments: [run.number, entry.kind.rawValue, entry.step, JSONValue.object(entry.values).text()])
      }
    }
  }

  /// Ends a run.
  /// - Parameter message: one line on why, for a run that failed.
  public func endTraining(_ run: RecordID, as status: RunStatus, message: String? = nil) throws(StoreError) {
    precondition(run.kind == .trainingRun, "\(run) is no training run")
    try end(run, in: "training_run", status, message)
  }

  /// All training runs, in the order of their beginnings.
  public func trainingRuns() throws(StoreError) -> [TrainingRunRecord] {
    try read { db in
      try Row.fetchAll(db, sql: TrainingRunRecord.query + " ORDER BY training_run.id").map(
        TrainingRunRecord.init)
    }
  }

  public func trainingRun(_ id: RecordID) throws(StoreError) -> TrainingRunRecord {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: TrainingRunRecord.query + " WHERE training_run.id = ?",
          arguments: [id.number(of: .trainingRun)])
      else { throw StoreError.noSuchRecord(path, id) }
      return try TrainingRunRecord(row)
    }
  }

  /// What a run measured, by step.
  public func metrics(
    of run: RecordID, _ kind: TrainingMetrics.Kind
  ) throws(StoreError) -> [TrainingMetrics] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT step, metrics FROM training_metric WHERE run_id = ? AND kind = ? ORDER BY step",
        arguments: [run.number(of: .trainingRun), kind.rawValue]
      ).map { row in
        TrainingMetrics(
          kind, step: try row.required("step"), values: try row.json("metrics").object ?? JSONObject())
      }
    }
  }
}
