import TestSupport
import Testing
import Workbench

@Suite struct Manifests {
  let directory = TemporaryDirectory()

  func entries(_ text: String, name: String = "m.jsonl") -> [InputEntry] {
    InputListing([directory.write(text, as: name)]).entries
  }

  func utterances(_ text: String) -> [Utterance] {
    entries(text).compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
  }

  func failures(_ text: String) -> [String] {
    entries(text).compactMap { if case .failure(let failure) = $0 { failure.description } else { nil } }
  }

  @Test func `paths are relative to the manifest, and ids default to them without their extension`() {
    let rows = utterances(
      """
      {"audio_filepath": "audio/a.flac", "text": "one", "duration": 1.5}

      {"audio_filepath": "/abs/b.wav", "id": "named/b"}
      {"audio_filepath": "c.wav", "id": 7}
      """)
    #expect(rows.map(\.id) == ["audio/a", "named/b", "7"])
    #expect(
      rows.map(\.audioPath) == ["\(directory.path)/audio/a.flac", "/abs/b.wav", "\(directory.path)/c.wav"])
    #expect(rows.allSatisfy { $0.interval == nil })
  }

  @Test func `a manifest is known by its content, after a mark and blank lines too`() {
    #expect(entries("\u{FEFF}\n  {\"audio_filepath\": \"a.wav\"}\r\n", name: "list.wav").count == 1)
    #expect(utterances("\u{FEFF}\n  {\"audio_filepath\": \"a.wav\"}\r\n").map(\.id) == ["a"])
  }

  @Test func `an offset makes an interval, a duration alone does not`() {
    let rows = utterances(
      """
      {"audio_filepath": "a.wav", "offset": 1.5, "duration": 2, "id": "x"}
      {"audio_filepath": "a.wav", "offset": 3, "id": "y"}
      {"audio_filepath": "a.wav", "duration": 3, "id": "z"}
      """)
    #expect(
      rows.map(\.interval) == [
        .init(offsetSeconds: 1.5, durationSeconds: 2), .init(offsetSeconds: 3, durationSeconds: nil), nil,
      ])
  }

  @Test func `a bad line is named with its number, and the others stand`() {
    let text = """
      {"audio_filepath": "a.wav"}
      {"audio_filepath": "b.wav", }
      [1]
      {"text": "no audio"}
      {"audio_filepath": "c.wav", "offset": "soon"}
      {"audio_filepath": "d.wav", "id": {}}
      {"audio_filepath": "e.wav"}
      """
    #expect(utterances(text).map(\.id) == ["a", "e"])
    let lines = failures(text).map { $0.dropFirst(directory.path.count + 1) }
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("m.jsonl:2:29: "), "\(lines[0])")
    #expect(lines[1] == "m.jsonl:3: expected a JSON object, found an array; correct this line")
    #expect(lines[2] == "m.jsonl:4: audio_filepath: expected a path, found none; correct this line")
    #expect(lines[3] == "m.jsonl:5: offset: expected seconds, found \"soon\"; correct this line")
    #expect(lines[4] == "m.jsonl:6: id: expected a string, found an object; correct this line")
  }

  @Test func `JSON without audio is one failure`() {
    let lines = failures("{\n  \"model_type\": \"hubert\"\n}\n")
    #expect(lines.count == 1)
    #expect(lines.first?.contains("expected JSON lines with audio_filepath or file_name, found none") == true)
  }

  @Test func `an id that is written twice is refused where it stands again`() {
    let text = """
      {"audio_filepath": "a.wav", "id": "x"}
      {"audio_filepath": "b.wav", "id": "x"}
      {"audio_filepath": "a.wav", "id": "x"}
      """
    #expect(utterances(text).map(\.audioPath) == ["\(directory.path)/a.wav"])
    #expect(
      failures(text) == [
        "\(directory.path)/m.jsonl:2: the id x was given at \(directory.path)/m.jsonl:1 already; give each utterance its own"
      ])
  }

  @Test func `paths that differ in their extension keep it, and intervals without ids are numbered`() {
    #expect(
      utterances(
        """
        {"audio_filepath": "a/x.wav"}
        {"audio_filepath": "a/x.flac"}
        {"audio_filepath": "t.wav", "offset": 0, "duration": 1}
        {"audio_filepath": "t.wav", "offset": 1, "duration": 1}
        """
      ).map(\.id) == ["a/x.wav", "a/x.flac", "t", "t#2"])
  }
}
