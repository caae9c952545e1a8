import GRDB
import JSON
import Store
import TestSupport
import Testing

@Suite struct `A store's file` {
  let fixture = Fixture()

  @Test func `says what it is and of what version, in the places that SQLite has for it`() throws {
    _ = try fixture.open()
    let header = contents(of: fixture.path).prefix(100)
    #expect(Array(header[68..<72]) == Array("WBLR".utf8))
    #expect(header[63] == UInt8(Store.schemaVersion))
    // 2: a write-ahead log.
    #expect(header[18] == 2 && header[19] == 2)
    #expect(
      try query(fixture.path, "SELECT identifier FROM grdb_migrations").map { $0[0] as String }
        == (1...Store.schemaVersion).map { "v\($0)" })
  }

  @Test func `has the tables that the manual names`() throws {
    _ = try fixture.open()
    let tables = try query(
      fixture.path,
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE '%\\_%\\_%' ESCAPE '\\' ORDER BY 1"
    )
    #expect(
      tables.map { $0[0] as String } == [
        "checkpoint", "comparison", "decode_run", "file_hash", "grdb_migrations", "history",
        "sqlite_sequence",
        "training_metric",
        "training_run", "transcript", "transcript_search", "utterance",
      ])
  }

  @Test func `is not written into by being opened again`() throws {
    try fixture.open().decode(["a": "one"])
    let before = contents(of: fixture.path)
    _ = try fixture.open().decodeRuns()
    _ = try Store(path: fixture.path, access: .existing)
    #expect(contents(of: fixture.path) == before)
    #expect(fixture.directory.names == ["warbler.db"])
  }

  @Test func `keeps its foreign keys`() throws {
    let store = try fixture.open()
    #expect(throws: StoreError.self) {
      try store.beginDecoding(
        DecodeRunEntry(
          checkpoint: RecordID(.checkpoint, 7), decoder: "greedy", precision: "fp32", settings: [:],
          version: "",
          inputs: 0))
    }
    let error = #expect(throws: StoreError.self) {
      try store.add([transcript("a", "one")], to: RecordID(.decodeRun, 7))
    }
    #expect(error?.description.split(separator: "\n").count == 1)
    // Nothing of what failed is left.
    #expect(try query(fixture.path, "SELECT * FROM utterance").isEmpty)
  }

  @Test func `finds every text of a recording by an index, in one query`() throws {
    _ = try fixture.open()
    let plan = try query(fixture.path, "EXPLAIN QUERY PLAN SELECT * FROM history WHERE audio_hash = 'x'")
    let steps = plan.map { $0["detail"] as String }
    #expect(steps.contains { $0.contains("utterance USING INDEX utterance_audio") }, "\(steps)")
    #expect(steps.contains { $0.contains("transcript USING INDEX transcript_utterance") }, "\(steps)")
    #expect(!steps.contains { $0.hasPrefix("SCAN") }, "\(steps)")
  }

  @Test func `from a process killed before its first table is finished by the next`() throws {
    // SQLite makes the file first; the application id is the first thing in it.
    fixture.directory.write([], as: "warbler.db")
    try fixture.open().decode(["a": "one"])
    let other = Fixture()
    try DatabaseQueue(path: other.path).writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA application_id = \(0x5742_4C52)")
    }
    try other.open().decode(["a": "one"])
    #expect(try other.open().transcripts().count == 1)
  }
}
