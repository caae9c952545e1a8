import GRDB
import Glibc
import JSON
import TestSupport
import Testing

@testable import Store

/// Processes of their own, as only they have locks of their own.
@Suite(.timeLimit(.minutes(2))) struct `A store that many use` {
  let fixture = Fixture()

  private func writer(_ name: String, count: Int) -> Subprocess {
    Subprocess([fixture.path, name, "\(count)"], executable: "StoreWriter")
  }

  @Test(arguments: 0..<5) func `loses nothing of eight processes that make it and write at once`(round: Int)
    throws
  {
    let writers = (0..<8).map { writer("w\($0)", count: 40) }
    for writer in writers {
      let result = writer.finish()
      #expect(result.code == 0, "\(result.errors)")
    }
    let store = try fixture.open()
    let names = try store.transcripts().map(\.entry.name)
    #expect(names.count == 320 && Set(names).count == 320)
    let runs = try store.decodeRuns()
    #expect(runs.count == 8 && runs.allSatisfy { $0.status == .finished && $0.decoded == 40 })
    #expect(try store.checkpoints().count == 1)
    #expect(try query(fixture.path, "SELECT * FROM utterance").count == 40)
    #expect(try query(fixture.path, "PRAGMA integrity_check").map { $0[0] as String } == ["ok"])
    #expect(try query(fixture.path, "PRAGMA foreign_key_check").isEmpty)
  }

  @Test func `opens after a kill at any moment, with all that was finished`() throws {
    var generator = Seeded(3)
    var finished: Set<String> = []
    var killed = 0
    // How long a process takes to begin, and to write one, depends on the machine and on what else it does.
    let other = Fixture()
    let whole = ContinuousClock().measure {
      _ = Subprocess([other.path, "whole", "1"], executable: "StoreWriter").finish()
    }
    let longest = UInt32(max(3 * (whole / Duration.microseconds(1)), 60_000))
    for trial in 0..<40 {
      let writer = writer("k\(trial)", count: 1_000_000)
      // From before the first table to the midst of writing.
      usleep(UInt32.random(in: 0...longest, using: &generator))
      writer.send(SIGKILL)
      let result = writer.finish()
      #expect(result.code == 128 + SIGKILL)
      // A line is printed when its transcript is in the store. The last may have been cut short.
      let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      finished.formUnion(lines.map(String.init))
      killed += lines.isEmpty ? 0 : 1
      let store = try fixture.open()
      let names = Set(try store.transcripts().map(\.entry.name))
      #expect(finished.isSubset(of: names))
      // One more at most: in the store, not yet printed.
      #expect(names.count <= finished.count + trial + 1)
      #expect(try store.decodeRuns().allSatisfy { $0.status == .interrupted })
      for run in try store.decodeRuns() {
        var filter = TranscriptFilter()
        filter.run = run.id
        #expect(try store.transcripts(filter).count == run.decoded)
      }
    }
    #expect(killed > 10, "most were killed before they wrote anything")
    #expect(try query(fixture.path, "PRAGMA integrity_check").map { $0[0] as String } == ["ok"])
  }

  @Test func `does not take a run for ended whose process is at work`() throws {
    let store = try fixture.open()
    let run = try store.training()
    _ = try fixture.open()
    #expect(try store.trainingRun(run).status == .running)
    // A process of that number that started at another time.
    let name = RunningProcess.current.name
    #expect(!RunningProcess.hasEnded(name) && RunningProcess.hasEnded(name + "0"))
    // Another host's processes cannot be known.
    try DatabaseQueue(path: fixture.path).write { db in
      try db.execute(sql: "UPDATE training_run SET process = 'x/1/1', host = 'elsewhere'")
    }
    _ = try fixture.open()
    #expect(try store.trainingRun(run).status == .running)
    try DatabaseQueue(path: fixture.path).write { db in
      try db.execute(sql: "UPDATE training_run SET host = ?", arguments: [RunningProcess.current.host])
    }
    _ = try fixture.open()
    #expect(try store.trainingRun(run).status == .interrupted)
  }

  @Test func `is busy, in one line, while another program holds it for too long`() throws {
    _ = try fixture.open()
    let holder = try DatabaseQueue(path: fixture.path)
    try holder.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      let store = try Store(path: fixture.path, access: .creating, patienceSeconds: 0.05)
      let error = #expect(throws: StoreError.self) { try store.registerModel() }
      #expect(error?.kind == .busy)
      #expect(
        error?.description.hasPrefix("\(fixture.path): database is locked; another program holds it") == true)
      // Readers need not wait.
      #expect(try store.checkpoints().isEmpty)
      try db.execute(sql: "ROLLBACK")
    }
  }

  @Test func `costs little for each transcript`() throws {
    let store = try fixture.open()
    let run = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: nil, decoder: "greedy", precision: "fp32", settings: [:], version: "", inputs: 0))
    let clock = ContinuousClock()
    let count = 1000
    let elapsed = try clock.measure {
      for index in 0..<count {
        try store.add(
          [transcript("\(index)", "the text of number \(index) is like that of the others")], to: run)
      }
    }
    // 0.15 ms measured; ten times that would still be little beside 100 ms for an utterance of the smallest
    // model.
    #expect(elapsed < .milliseconds(count * 3), "\(elapsed / count) each")
  }
}
