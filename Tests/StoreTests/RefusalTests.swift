import GRDB
import Glibc
import Store
import TestSupport
import Testing

@Suite struct `What is no store` {
  let fixture = Fixture()

  /// The error of opening it either way, after seeing that nothing in the directory has changed.
  private func refusal(_ path: String) -> StoreError? {
    let before = fixture.directory.names.map { contents(of: fixture.directory.file($0)) }
    let names = fixture.directory.names
    var errors: [StoreError] = []
    for access in [Store.Access.existing, .creating] {
      do { _ = try Store(path: path, access: access) } catch { errors.append(error) }
    }
    #expect(errors.count == 2)
    #expect(fixture.directory.names == names)
    let isUnchanged = fixture.directory.names.map { contents(of: fixture.directory.file($0)) } == before
    #expect(isUnchanged)
    for error in errors {
      #expect(error.description.hasPrefix(path + ": ") && !error.description.contains("\n"))
    }
    return errors.first
  }

  @Test(arguments: ["x", "SQLite format 3\0", String(repeating: "precious text\n", count: 1000)])
  func `is refused and left as it was: files of other kinds`(text: String) {
    let error = refusal(fixture.directory.write(text, as: "warbler.db"))
    #expect(error?.kind == .notAStore)
    #expect(error?.reason == "expected a store of Warbler, found a file of another kind")
  }

  @Test func `is refused and left as it was: a file in the place, or with the inode, of a store that was`()
    throws
  {
    for _ in 0..<20 {
      _ = try fixture.open().decodeRuns()
      unlink(fixture.path)
      #expect(refusal(fixture.directory.write("x", as: "warbler.db"))?.kind == .notAStore)
      unlink(fixture.path)
    }
  }

  @Test(arguments: ["DELETE", "WAL"])
  func `is refused and left as it was: other programs' databases`(journal: String) throws {
    let path = fixture.path
    // A process that was killed leaves its log behind: whoever opens the database would fold it in.
    let other = try DatabaseQueue(path: path)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA user_version = 1")
      _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = \(journal)")
      try db.execute(sql: "CREATE TABLE places (id INTEGER); INSERT INTO places VALUES (1)")
      for name in fixture.directory.names {
        fixture.directory.write(
          contents(of: fixture.directory.file(name)), as: "copy" + name.dropFirst("warbler".count))
      }
    }
    try other.close()
    let error = refusal(fixture.directory.file("copy.db"))
    #expect(error?.kind == .notAStore && error?.reason.hasSuffix("another program's database") == true)
  }

  @Test func `is refused and left as it was: a store of a newer version`() throws {
    try fixture.open().decode(["a": "one"])
    try DatabaseQueue(path: fixture.path).writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA user_version = 99")
      try db.execute(sql: "ALTER TABLE transcript ADD COLUMN mood TEXT")
    }
    // This process knows the first as a store; the second it has never seen.
    #expect(refusal(fixture.path)?.kind == .newerVersion)
    let error = refusal(fixture.directory.write(contents(of: fixture.path), as: "copy.db"))
    #expect(error?.kind == .newerVersion)
    #expect(error?.reason == "its version is 99, this program knows versions up to \(Store.schemaVersion)")
  }

  @Test func `is refused though its newer version stands in the log alone`() throws {
    try fixture.open().decode(["a": "one"])
    let newer = try DatabaseQueue(path: fixture.path)
    try newer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
    let error = #expect(throws: StoreError.self) { try fixture.open() }
    #expect(error?.kind == .newerVersion)
    try newer.close()
    #expect(try query(fixture.path, "SELECT text FROM transcript").map { $0[0] as String } == ["one"])
  }

  @Test func `is refused: directories, and what is not there where it must be`() throws {
    fixture.directory.folder("warbler.db")
    #expect(throws: StoreError.self) { try Store(path: fixture.path) }
    let missing = fixture.directory.file("missing.db")
    let error = #expect(throws: StoreError.self) { try Store(path: missing, access: .existing) }
    #expect(error?.kind == .missing)
    let astray = fixture.directory.file("no/warbler.db")
    #expect(throws: StoreError.self) { try Store(path: astray) }
    #expect(fixture.directory.names == ["warbler.db"])
  }

  @Test func `is one line: a store cut off anywhere, or overwritten`() throws {
    let store = try fixture.open()
    try store.decode(["a": "one", "b": "two"])
    let whole = contents(of: try closed(fixture.path))
    var generator = Seeded(1)
    var damaged = 0
    for trial in 0..<60 {
      var bytes = whole
      if trial % 2 == 0 {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
      } else {
        let start = Int.random(in: 100..<bytes.count - 512, using: &generator)
        for place in start..<start + 512 { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
      }
      let path = fixture.directory.write(bytes, as: "damaged-\(trial).db")
      do {
        let store = try Store(path: path)
        try store.forEachTranscript { _ in }
      } catch let error as StoreError {
        damaged += 1
        #expect(error.description.hasPrefix(path + ": ") && !error.description.contains("\n"))
        #expect([.damaged, .notAStore, .failed].contains(error.kind), "\(error)")
      }
    }
    #expect(damaged >= 25, "a store that is cut off does not open")
  }

  /// A copy that nothing has open.
  private func closed(_ path: String) throws -> String {
    let copy = fixture.directory.file("copy.db")
    try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO '\(copy)'") }
    return copy
  }
}
