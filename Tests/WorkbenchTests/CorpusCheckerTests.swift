import Glibc
import JSON
import TestSupport
import Testing
import Training
import Workbench

@Suite struct `Checking a corpus` {
  let directory = TemporaryDirectory()

  /// Writes recordings `a.wav`, `b.wav`, ... of a second each, all different.
  func record(_ names: String...) {
    for name in names { directory.write(wav(noise(16_000, seed: UInt64(name.utf8.first!))), as: name) }
  }

  func report(_ text: String, dev: String? = nil, threads: Int = 2) throws -> CorpusReport {
    var checker = CorpusChecker(check: CorpusCheck(encoder: TranscriptEncoder(vocabulary: nil)))
    checker.threads = threads
    let dev = dev.map { directory.write($0, as: "dev.jsonl") }
    return try #require(try checker.run(train: directory.write(text, as: "m.jsonl"), dev: dev))
  }

  func lines(_ report: CorpusReport) -> [String] {
    report.findings.map {
      String(report.text(of: $0).split(separator: directory.path + "/").joined())
    }
  }

  @Test func `every line of a manifest is accounted for`() throws {
    record("a.wav", "b.wav")
    directory.write("no audio", as: "c.wav")
    let report = try report(
      """
      {"audio_filepath": "a.wav", "text": "one"}
      {"audio_filepath": "b.wav", "text": }

      {"audio_filepath": "b.wav", "id": "x", "text": "two"}
      {"audio_filepath": "a.wav", "id": "x", "text": "three"}
      {"audio_filepath": "a.wav", "text": "one"}
      {"audio_filepath": "c.wav", "text": "four"}
      {"audio_filepath": "a.wav", "offset": 0.5, "duration": 0.25, "text": 7}
      {"audio_filepath": "a.wav", "offset": 5, "text": "six"}
      """)
    #expect(report.train.rows.map(\.line) == [1, 2, 4, 5, 6, 7, 8, 9])
    #expect(report.train.usable == [0, 2, 6])
    #expect(report.train.rows.map(\.id) == ["a", "", "x", "", "", "c", "a#2", "a#3"])
    #expect(report.train.rows[6].measurement?.samples == 4000 && report.train.rows[6].text == "7")
    let lines = lines(report)
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("reject  m.jsonl:2  malformed-row: column 37: "), "\(lines[0])")
    #expect(
      lines[1] == "reject  m.jsonl:5  repeated-id: the id x is that of m.jsonl:4; give each row its own")
    #expect(lines[2].hasPrefix("reject  m.jsonl:6  duplicate: "))
    #expect(lines[3].hasPrefix("reject  m.jsonl:7  c  unreadable-audio: c.wav: is not audio"))
    #expect(lines[4].hasPrefix("reject  m.jsonl:9  a#3  unreadable-audio: a.wav: interval out of range"))
  }

  @Test func `copies under other names and in other formats are the same audio`() throws {
    record("a.wav", "b.wav")
    directory.write(contents(of: directory.file("a.wav")), as: "copy.wav")
    let report = try report(
      #"{"audio_filepath": "copy.wav", "text": "one"}"# + "\n"
        + #"{"audio_filepath": "b.wav", "text": "one"}"#,
      dev: #"{"audio_filepath": "a.wav", "text": "one"}"#)
    #expect(report.train.findings.map(\.kind) == [.sharedWithDev])
    #expect(report.train.usable == [1] && report.dev.usable == [0])
  }

  @Test func `threads change nothing`() throws {
    let names = "abcdefghijkl".map { "\($0).wav" }
    for name in names { record(name) }
    let text = names.map { "{\"audio_filepath\": \"\($0)\", \"text\": \"\($0)\"}" }.joined(separator: "\n")
    let reports = try [1, 3, 50].map { try report(text, threads: $0) }
    #expect(reports.allSatisfy { $0.jsonLines == reports[0].jsonLines })
    #expect(
      reports.allSatisfy { $0.train.rows.map { $0.measurement } == reports[0].train.rows.map(\.measurement) })
    #expect(Set(reports[0].train.rows.map { $0.measurement?.hash }).count == names.count)
  }

  @Test func `the summary counts rows and hours, and the JSON says the same`() throws {
    record("a.wav", "b.wav")
    let report = try report(
      #"{"audio_filepath": "a.wav", "text": "one"}"# + "\n" + #"{"audio_filepath": "b.wav", "duration": 1}"#)
    #expect(
      report.summary == """
        train                   2 rows  0.001 h
          usable                1 row   0.000 h
          reject: missing-text  1 row   0.000 h
        """)
    let objects = try report.jsonLines.map { try JSONValue(parsing: $0) }
    #expect(objects.count == 2)
    #expect(objects[0]["kind"] == "missing-text" && objects[0]["line"] == 2 && objects[0]["id"] == "b")
    #expect(objects[1]["summary"]?["train"]?["usable"] == 1)
    #expect(objects[1]["summary"]?["train"]?["findings"]?["missing-text"] == 1)
  }

  @Test func `a vocabulary's folder brings its rules`() throws {
    directory.folder("v")
    let vocabulary = #"{"<pad>": 0, "|": 1, "a": 2, "b": 3}"#
    directory.write(vocabulary, as: "v/vocab.json")
    directory.write(#"{"language": "x", "case": "lower"}"#, as: "v/rules.json")
    for path in ["v", "v/vocab.json"] {
      let encoder = try TranscriptEncoder(vocabularyPath: directory.file(path))
      #expect(encoder.prepared("A, b.") == "a b")
    }
    directory.write(vocabulary, as: "vocab.json")
    #expect(try TranscriptEncoder(vocabularyPath: directory.file("vocab.json")).prepared("A, b.") == "a, b.")
  }
}

/// Recorded speech, where a copy stands beside the package.
@Suite struct `Checking recorded corpora` {
  static let folder = "../shared/corpora/yesno-he"
  static let isThere = access("\(folder)/train.jsonl", R_OK) == 0

  @Test(.enabled(if: isThere, "no corpora beside the package"))
  func `yesno has nothing to find, and all of it is shared with itself`() throws {
    let checker = CorpusChecker(check: CorpusCheck(encoder: TranscriptEncoder(vocabulary: nil)))
    let (train, dev) = ("\(Self.folder)/train.jsonl", "\(Self.folder)/dev.jsonl")
    let report = try #require(try checker.run(train: train, dev: dev))
    #expect(report.findings.isEmpty)
    #expect(report.train.usable.count == 24 && report.dev.usable.count == 6)
    let shared = try #require(try checker.run(train: train, dev: train))
    #expect(shared.findings.map(\.kind) == Array(repeating: .sharedWithDev, count: 24))
  }
}
