import Hashing
import JSON
public import Store

#if canImport(Glibc)
import Glibc
#endif

/// What `warbler store` shows, as tables or as a JSON object a line.
public struct StoreReader {
  public typealias Output = (String) throws -> Void

  private let store: Store
  private let isJSON: Bool
  private let output: Output

  /// - Parameter output: gets text with its line ends, piece by piece.
  public init(_ store: Store, isJSON: Bool, output: @escaping Output) {
    self.store = store
    self.isJSON = isJSON
    self.output = output
  }

  /// All runs, in the order of their beginnings.
  public func runs() throws {
    let runs = try allRuns()
    try write(runs.map(\.document), StoreTables.runs(runs))
  }

  public func checkpoints() throws {
    let checkpoints = try store.checkpoints()
    try write(checkpoints.map(\.document), StoreTables.checkpoints(checkpoints))
  }

  /// All comparisons, the latest last.
  public func comparisons() throws {
    let comparisons = try store.comparisons()
    try write(comparisons.map(\.document), StoreTables.comparisons(comparisons))
  }

  /// The transcripts that meet a filter.
  public func transcripts(_ filter: TranscriptFilter) throws {
    if let run = filter.run { _ = try store.decodeRun(run) }
    if isJSON {
      try store.forEachTranscript(filter) { try write($0.document) }
    } else {
      try output(StoreTables.transcripts(try store.transcripts(filter)))
    }
  }

  /// Every transcript, run or checkpoint as a JSON object a line.
  /// - Parameter run: of this run alone; nil for all.
  public func export(_ records: Exported, of run: RecordID?) throws {
    switch records {
    case .transcripts:
      var filter = TranscriptFilter()
      filter.run = try run.map { try store.decodeRun($0).id }
      try store.forEachTranscript(filter) { try write($0.document) }
    case .runs:
      for document in try allRuns().filter({ run == nil || $0.id == run }).map(\.document) {
        try write(document)
      }
    case .checkpoints:
      for checkpoint in try store.checkpoints() where run == nil || checkpoint.entry.trainingRun == run {
        try write(checkpoint.document)
      }
    }
  }

  /// What can be exported.
  public enum Exported: String, CaseIterable, Sendable {
    case transcripts, runs, checkpoints
  }

  /// Deletes runs and says what was deleted.
  public func prune(_ pruning: Pruning, isRehearsal: Bool) throws {
    let report = try store.prune(pruning, isRehearsal: isRehearsal)
    if isJSON {
      return try write([
        "runs": .array(report.runs.map { .string($0.description) }),
        "transcripts": .integer(Int64(report.transcripts)), "dry_run": .bool(isRehearsal),
      ])
    }
    func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    let names = report.runs.isEmpty ? "" : ": " + report.runs.map(\.description).joined(separator: " ")
    try output(
      (isRehearsal ? "would delete " : "deleted ") + counted(report.runs.count, "run") + " with "
        + counted(report.transcripts, "transcript") + names + "\n")
  }

  /// Whatever the name stands for: a run, a checkpoint or an utterance by its id, a recording or a
  /// checkpoint's directory by its path.
  public func show(_ name: String) throws {
    if let id = RecordID(name) {
      switch id.kind {
      case .decodeRun: try show(store.decodeRun(id))
      case .trainingRun: try show(store.trainingRun(id))
      case .checkpoint: try show(store.checkpoint(id))
      case .utterance: try show(store.utterance(id))
      case .comparison: try show(store.comparison(id))
      }
      return
    }
    var status = stat()
    guard stat(name, &status) == 0 else {
      throw InputFailure(
        name,
        "expected an id as warbler store lists them (d1, t1, c1, u1, m1), a recording or a checkpoint, found neither"
      )
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      try showCheckpoint(directory: name)
    } else {
      try showRecording(name)
    }
  }

  private func write(_ documents: [JSONValue], _ text: @autoclosure () -> String) throws {
    if isJSON { for document in documents { try write(document) } } else { try output(text()) }
  }

  private func write(_ document: JSONValue) throws { try output(document.text(.spaced) + "\n") }

  private func allRuns() throws(StoreError) -> [RunRecord] {
    let runs = try store.decodeRuns().map(RunRecord.decode) + store.trainingRuns().map(RunRecord.training)
    return runs.sorted {
      ($0.startedAt, $0.id.kind.rawValue, $0.id.number) < ($1.startedAt, $1.id.kind.rawValue, $1.id.number)
    }
  }
}

extension StoreReader {
  private func show(_ run: DecodeRunRecord) throws {
    try write(
      [run.document],
      textFields([
        ("run", run.id.description), ("began", StoreTables.time(run.startedAt)),
        ("status", run.status.rawValue), ("message", run.message), ("seconds", decimals(run.seconds, 1)),
        ("checkpoint", run.entry.checkpoint.map { "\($0) \(run.checkpointPath ?? "")" }),
        ("hash", run.checkpointHash), ("decoder", run.entry.decoder), ("precision", run.entry.precision),
        ("settings", run.entry.settings.text(.spaced)), ("inputs", "\(run.entry.inputs)"),
        ("decoded", "\(run.decoded)"), ("failed", "\(run.failed)"),
        ("audio seconds", decimals(run.audioSeconds, 1)), ("version", run.entry.version), ("host", run.host),
      ]))
  }

  private func show(_ run: TrainingRunRecord) throws {
    let evaluations = try store.metrics(of: run.id, .evaluation)
    let checkpoints = try store.checkpoints().filter { $0.entry.trainingRun == run.id }
    guard isJSON else {
      try output(
        textFields([
          ("run", run.id.description), ("began", StoreTables.time(run.startedAt)),
          ("status", run.status.rawValue), ("message", run.message), ("seconds", decimals(run.seconds, 1)),
          ("directory", run.entry.directory),
          ("from", run.entry.initialCheckpoint?.description ?? "random weights"),
          ("data", run.entry.data.text(.spaced)), ("settings", run.entry.settings.text(.spaced)),
          ("last step", run.lastStep.map { "\($0.step): " + StoreTables.metrics(.object($0.values)) }),
          ("version", run.entry.version), ("host", run.host),
        ]))
      if !evaluations.isEmpty { try output("\n" + StoreTables.evaluations(evaluations)) }
      if !checkpoints.isEmpty { try output("\n" + StoreTables.checkpoints(checkpoints)) }
      return
    }
    var object = run.document.object ?? JSONObject()
    object["steps"] = .array(try store.metrics(of: run.id, .step).map(\.document))
    object["evaluations"] = .array(evaluations.map(\.document))
    object["checkpoints"] = .array(checkpoints.map(\.document))
    try write(.object(object))
  }

  private func show(_ checkpoint: CheckpointRecord) throws {
    let runs = try allRuns().filter { run in
      switch run {
      case .decode(let run): run.entry.checkpoint == checkpoint.id
      case .training(let run):
        run.entry.initialCheckpoint == checkpoint.id || run.id == checkpoint.entry.trainingRun
      }
    }
    guard isJSON else {
      let entry = checkpoint.entry
      try output(
        textFields([
          ("checkpoint", checkpoint.id.description), ("path", entry.path), ("hash", entry.hash),
          ("architecture", entry.architecture), ("parameters", grouped(entry.parameterCount)),
          ("parent", entry.parent?.description), ("training run", entry.trainingRun?.description),
          ("step", entry.step.map { "\($0)" }),
          ("metrics", entry.metrics.isNull ? nil : StoreTables.metrics(entry.metrics)),
          ("registered", StoreTables.time(checkpoint.registeredAt)),
        ]))
      if !runs.isEmpty { try output("\n" + StoreTables.runs(runs)) }
      return
    }
    var object = checkpoint.document.object ?? JSONObject()
    object["runs"] = .array(runs.map(\.document))
    try write(.object(object))
  }

  private func show(_ comparison: ComparisonRecord) throws {
    if isJSON { return try write(comparison.document) }
    try output(
      textFields([
        ("comparison", comparison.id.description), ("made", StoreTables.time(comparison.madeAt)),
        ("of", comparison.title),
        ("utterances", comparison.figures["utterances"]?.int.map { "\($0)" }),
        ("rules", comparison.figures["rules"]?["name"]?.string), ("version", comparison.version),
      ]) + "\n" + StoreTables.systems(comparison) + "\n" + StoreTables.pairs(comparison))
  }

  private func show(_ utterance: UtteranceRecord) throws {
    var filter = TranscriptFilter()
    filter.utterance = utterance.id
    let transcripts = try store.transcripts(filter)
    if !isJSON {
      let entry = utterance.entry
      try output(
        textFields([
          ("utterance", utterance.id.description), ("recording", utterance.path), ("hash", entry.hash),
          ("seconds", decimals(entry.durationSeconds, 2)),
          ("from", entry.offsetSeconds.map { decimals($0, 2) }),
        ]) + "\n")
    }
    try write(transcripts.map(\.document), StoreTables.history(transcripts))
  }

  private func showRecording(_ path: String) throws {
    var filter = TranscriptFilter()
    filter.audioHash = try SHA256.hex(ofFile: path)
    let transcripts = try store.transcripts(filter)
    guard !transcripts.isEmpty else {
      throw InputFailure(
        path, "\(store.path) has no transcript of this sound; decode it, or name another --store")
    }
    try write(transcripts.map(\.document), StoreTables.history(transcripts))
  }

  private func showCheckpoint(directory: String) throws {
    let entry = try CheckpointEntry(directory: directory, hashesKeptIn: store)
    guard let checkpoint = try store.checkpoint(hash: entry.hash) else {
      throw InputFailure(
        directory, "\(store.path) has no checkpoint of these weights; decode with it, or name another --store"
      )
    }
    try show(checkpoint)
  }
}
