import GRDB

/// Which runs to delete.
public enum Pruning: Sendable, Hashable {
  /// These, running or not.
  case runs([RecordID])
  /// Those that began before a time (`2026-01-31`, or any longer beginning of a timestamp, UTC), but for the
  /// latest `keep` of all runs; nil for all times. Runs under way are spared.
  case old(before: String?, keep: Int)
}

/// What pruning deletes.
public struct PruningReport: Sendable, Hashable {
  /// In the order of their beginnings.
  public var runs: [RecordID] = []
  public var transcripts = 0
}

extension Store {
  /// Deletes runs, with their transcripts and measurements, and utterances that no transcript is left of; and
  /// comparisons that are named.
  ///
  /// Checkpoints stay: later ones may come from them. The file is made smaller afterwards, for which other
  /// writers wait.
  /// - Parameter isRehearsal: reports what would be deleted, and deletes nothing.
  public func prune(_ pruning: Pruning, isRehearsal: Bool = false) throws(StoreError) -> PruningReport {
    let report = isRehearsal ? try read { try plan(pruning, $0) } : try write { try prune(pruning, $0) }
    if !isRehearsal, !report.runs.isEmpty {
      do { try database.vacuum() } catch { throw StoreError(error, path: path) }
    }
    return report
  }

  private func prune(_ pruning: Pruning, _ db: Database) throws -> PruningReport {
    let report = try plan(pruning, db)
    for run in report.runs {
      try db.execute(sql: "DELETE FROM \(Self.table(of: run)) WHERE id = ?", arguments: [run.number])
    }
    try db.execute(
      sql:
        "DELETE FROM utterance WHERE NOT EXISTS (SELECT 1 FROM transcript WHERE utterance_id = utterance.id)")
    // The index marks what is deleted, and drops it when it is merged.
    if report.transcripts > 0 {
      try db.execute(sql: "INSERT INTO transcript_search (transcript_search) VALUES ('optimize')")
    }
    return report
  }

  private func plan(_ pruning: Pruning, _ db: Database) throws -> PruningReport {
    var report = PruningReport()
    switch pruning {
    case .runs(let runs):
      for run in runs where !report.runs.contains(run) {
        guard
          try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM \(Self.table(of: run)) WHERE id = ?)",
            arguments: [run.number])
            == true
        else { throw StoreError.noSuchRecord(path, run) }
        report.runs.append(run)
      }
    case .old(let before, let keep):
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM (
            SELECT 'd' AS kind, id, started_at, status FROM decode_run
            UNION ALL SELECT 't', id, started_at, status FROM training_run
            ORDER BY started_at DESC, kind DESC, id DESC LIMIT -1 OFFSET ?)
          WHERE status <> 'running' AND (? IS NULL OR started_at < ?)
          ORDER BY started_at, kind, id
          """, arguments: [keep, before, before])
      report.runs = try rows.map { row in
        let kind: String = try row.required("kind")
        return RecordID(kind == "d" ? .decodeRun : .trainingRun, try row.required("id"))
      }
    }
    for run in report.runs where run.kind == .decodeRun {
      report.transcripts +=
        try Int.fetchOne(db, sql: "SELECT count(*) FROM transcript WHERE run_id = ?", arguments: [run.number])
        ?? 0
    }
    return report
  }

  private static func table(of run: RecordID) -> String {
    switch run.kind {
    case .decodeRun: "decode_run"
    case .trainingRun: "training_run"
    case .comparison: "comparison"
    case .checkpoint, .utterance: preconditionFailure("\(run) is no run")
    }
  }
}
