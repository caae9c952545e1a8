import JSON
import Store
import Training

/// Puts a training run on record: its settings and data, its metrics, its checkpoints.
///
/// Metrics of steps are gathered for some seconds, and go to the store in one transaction: it need not know a
/// step sooner than `metrics.jsonl` does.
final class TrainingRecorder {
  private let store: Store
  private let run: RecordID
  private let initialCheckpoint: RecordID?
  private var waiting: [TrainingMetrics] = []
  private var lastWrite = monotonicSeconds()

  private static let secondsBetweenWrites = 5.0

  /// - Parameters:
  ///   - resumedStep: where the run goes on; nil for one that begins.
  ///   - directory: the run's own.
  ///   - model: the checkpoint that it starts from; nil for random weights.
  init(
    store path: String, directory: String, settings rows: [RunSummary.Row], model: String?, data: JSONObject,
    resumedStep: Int?
  ) throws {
    store = try Store(path: path)
    initialCheckpoint = try model.map { [store] directory in
      try store.register(CheckpointEntry(directory: directory, hashesKeptIn: store))
    }
    let directory = absolutePath(directory)
    if let resumedStep, let run = try store.resumeTraining(in: directory, afterStep: resumedStep) {
      self.run = run
      return
    }
    var settings = JSONObject()
    for row in rows { settings[row.name] = .string(row.value) }
    run = try store.beginTraining(
      TrainingRunEntry(
        directory: directory, settings: .object(settings), data: .object(data), version: warblerVersion,
        initialCheckpoint: initialCheckpoint))
  }

  func add(_ record: MetricsRecord) throws {
    let kind: TrainingMetrics.Kind = if case .step = record { .step } else { .evaluation }
    waiting.append(TrainingMetrics(kind, step: record.step, values: record.json.object ?? JSONObject()))
    if kind == .evaluation || monotonicSeconds() - lastWrite >= Self.secondsBetweenWrites { try flush() }
  }

  func flush() throws {
    lastWrite = monotonicSeconds()
    if waiting.isEmpty { return }
    try store.append(waiting, to: run)
    waiting = []
  }

  func register(checkpoint directory: String, step: Int, evaluation: MetricsRecord?) throws {
    try flush()
    var entry = try CheckpointEntry(directory: directory, hashesKeptIn: store)
    entry.parent = initialCheckpoint
    entry.trainingRun = run
    entry.step = step
    entry.metrics = evaluation?.json ?? .null
    try store.register(entry)
  }

  func end(as status: RunStatus, message: String? = nil) throws {
    try flush()
    try store.endTraining(run, as: status, message: message)
  }
}
