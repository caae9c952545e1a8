import GRDB
import JSON
import Store
import TestSupport
import Testing

@Suite struct `Comparisons in a store` {
  let fixture = Fixture()

  @Test func `are kept in order and found by their id`() throws {
    let store = try fixture.open()
    let first = try store.add(comparison: "dev.jsonl", figures: ["utterances": 3], version: "1")
    let second = try store.add(comparison: "test.jsonl", figures: ["utterances": 4], version: "1")
    #expect(first.description == "m1" && second.description == "m2")
    let again = try fixture.open()
    #expect(try again.comparisons().map(\.title) == ["dev.jsonl", "test.jsonl"])
    let record = try again.comparison(second)
    #expect(record.figures["utterances"] == 4 && record.document["id"] == "m2")
    let error = #expect(throws: StoreError.self) { try again.comparison(RecordID(.comparison, 9)) }
    #expect(error?.description.contains("m9") == true)
  }

  @Test func `come into a store of version 1 without touching what is in it`() throws {
    try fixture.open().decode(["a": "one"])
    // Back to what version 1 wrote.
    try DatabaseQueue(path: fixture.path).writeWithoutTransaction { db in
      try db.execute(
        sql: """
          DROP TABLE comparison;
          DELETE FROM grdb_migrations WHERE identifier = 'v2';
          PRAGMA user_version = 1;
          """)
    }
    let upgraded = try fixture.open()
    #expect(try upgraded.transcripts().count == 1 && upgraded.comparisons().isEmpty)
    #expect(try query(fixture.path, "PRAGMA user_version").map { $0[0] as Int } == [2])
  }
}
