import GRDB
import JSON
import Store
import TestSupport
import Testing

@Suite struct `Pruning a store` {
  let fixture = Fixture()

  /// Runs d1, d2 and t1 that began on the 1st, 2nd and 3rd of a month, then d3, which is running.
  private func store() throws -> Store {
    let store = try fixture.open()
    try store.decode(["a": "one", "b": "two"])
    try store.decode(["a": "won"])
    let training = try store.training()
    try store.append([TrainingMetrics(.step, step: 1, values: ["loss": 1])], to: training)
    try store.endTraining(training, as: .finished)
    _ = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: nil, decoder: "greedy", precision: "fp32", settings: [:], version: "", inputs: 1))
    try DatabaseQueue(path: fixture.path).write { db in
      try db.execute(
        sql: """
          UPDATE decode_run SET started_at = '2026-01-0' || id || 'T10:00:00.000Z';
          UPDATE decode_run SET started_at = '2026-01-04T10:00:00.000Z' WHERE id = 3;
          UPDATE training_run SET started_at = '2026-01-03T10:00:00.000Z';
          """)
    }
    return store
  }

  private func names(_ report: PruningReport) -> [String] { report.runs.map(\.description) }

  @Test func `deletes a run with all that hangs on it, and nothing else`() throws {
    let store = try store()
    let report = try store.prune(.runs([RecordID(.decodeRun, 1), RecordID(.trainingRun, 1)]))
    #expect(names(report) == ["d1", "t1"] && report.transcripts == 2)
    #expect(try store.transcripts().map(\.entry.text) == ["won"])
    // b was heard in no other run.
    #expect(try query(fixture.path, "SELECT path FROM utterance").map { $0[0] as String } == ["/audio/a.wav"])
    #expect(try query(fixture.path, "SELECT * FROM training_metric").isEmpty)
    #expect(try store.checkpoints().count == 1)
    // Numbers are not given again.
    #expect(try store.training().description == "t2")
  }

  @Test func `by age and number spares runs under way`() throws {
    let store = try store()
    func rehearsed(_ before: String?, keep: Int) throws -> [String] {
      names(try store.prune(.old(before: before, keep: keep), isRehearsal: true))
    }
    #expect(try rehearsed(nil, keep: 0) == ["d1", "d2", "t1"])
    #expect(try rehearsed(nil, keep: 2) == ["d1", "d2"])
    #expect(try rehearsed("2026-01-02", keep: 0) == ["d1"])
    #expect(try rehearsed("2026-01-02T10:30", keep: 0) == ["d1", "d2"])
    #expect(try rehearsed("2026-01-03", keep: 3) == ["d1"])
    #expect(try rehearsed(nil, keep: 4).isEmpty)
    #expect(try store.transcripts().count == 3)
    let report = try store.prune(.old(before: nil, keep: 2))
    #expect(names(report) == ["d1", "d2"] && report.transcripts == 3)
    #expect(try store.transcripts().isEmpty)
  }

  @Test func `of a run that is not there deletes nothing`() throws {
    let store = try store()
    let error = #expect(throws: StoreError.self) {
      try store.prune(.runs([RecordID(.decodeRun, 1), RecordID(.decodeRun, 9)]))
    }
    #expect(error?.kind == .noSuchRecord)
    #expect(try store.decodeRuns().count == 3)
  }

  @Test func `makes the file smaller`() throws {
    let store = try fixture.open()
    let text = String(repeating: "word ", count: 2000)
    let run = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: nil, decoder: "greedy", precision: "fp32", settings: [:], version: "", inputs: 1))
    try store.add((0..<100).map { transcript("\($0)", text) }, to: run)
    _ = try store.prune(.runs([run]))
    _ = try query(fixture.path, "PRAGMA wal_checkpoint(TRUNCATE)")
    #expect(contents(of: fixture.path).count < 200_000)
  }
}
