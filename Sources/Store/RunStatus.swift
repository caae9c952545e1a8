import GRDB

/// Where a run stands.
public enum RunStatus: String, Sendable, Hashable {
  case running
  case finished
  /// Ended by a signal, or its process was killed.
  case interrupted
  /// Ended by an error.
  case failed
}

extension Store {
  /// Runs whose process is gone, killed before it could say so, were interrupted.
  ///
  /// Only processes of this host can be known about.
  func endAbandonedRuns() throws(StoreError) {
    for table in ["decode_run", "training_run"] {
      let running: [(id: Int64, process: String)] = try read { db in
        try Row.fetchAll(
          db, sql: "SELECT id, process FROM \(table) WHERE status = 'running' AND host = ?",
          arguments: [RunningProcess.current.host]
        ).map { (try $0.required("id"), try $0.required("process")) }
      }
      let abandoned = running.filter { RunningProcess.hasEnded($0.process) }
      if abandoned.isEmpty { continue }
      try write { db in
        for run in abandoned {
          try db.execute(
            sql:
              "UPDATE \(table) SET status = 'interrupted' WHERE id = ? AND status = 'running' AND process = ?",
            arguments: [run.id, run.process])
        }
      }
    }
  }

  /// Ends a run of either kind.
  func end(
    _ id: RecordID, in table: String, _ status: RunStatus, _ message: String?
  ) throws(StoreError) {
    precondition(status != .running, "\(id) would end as running")
    try write { db in
      try db.execute(
        sql: "UPDATE \(table) SET status = ?, message = ?, updated_at = ? WHERE id = ?",
        arguments: [status.rawValue, message, timestamp(), id.number])
      if db.changesCount == 0 { throw StoreError.noSuchRecord(path, id) }
    }
  }
}
