import Glibc
import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler store` {
  let directory = TemporaryDirectory()
  let model = goldenModel()

  private func recording(_ name: String, seed: UInt64, samples: Int = 8000) -> String {
    directory.write(wav(noise(samples, seed: seed)), as: name)
  }

  /// Runs in the directory, where `warbler.db` then is.
  private func run(_ arguments: String...) -> Subprocess.Result {
    Subprocess(arguments, in: directory.path).finish()
  }

  private func objects(_ result: Subprocess.Result) throws -> [JSONValue] {
    #expect(result.code == 0, "\(result.errors)")
    return try result.lines.map { try JSONValue(parsing: $0) }
  }

  @Test func `holds what decode gave, in the working directory unless told otherwise`() throws {
    let paths = [recording("a.wav", seed: 1), recording("b.wav", seed: 2)]
    let decoded = run("decode", paths[0], paths[1], "--model", model, "--format", "jsonl")
    #expect(decoded.code == 0)
    #expect(directory.names == ["a.wav", "b.wav", "warbler.db"])
    let exported = try objects(run("store", "export"))
    for (line, record) in zip(try objects(decoded), exported) {
      for key in ["id", "audio_filepath", "duration", "text", "score", "confidence", "words", "nbest"] {
        #expect(record[key] == line[key], "\(key)")
      }
      #expect(record["run"] == "d1" && record["decoder"] == "greedy" && record["checkpoint"] == "c1")
    }
    #expect(exported.count == 2)
    let runs = try objects(run("store", "runs", "--json"))
    #expect(
      runs.count == 1 && runs[0]["status"] == "finished" && runs[0]["decoded"] == 2 && runs[0]["inputs"] == 2)
    #expect(runs[0]["precision"] == "fp32" && runs[0]["audio_seconds"] == 1.0)
    let checkpoint = try objects(run("store", "checkpoints", "--json"))[0]
    #expect(checkpoint["architecture"] == "HubertForCTC" && checkpoint["path"]?.string == model)
    #expect(runs[0]["checkpoint_hash"] == checkpoint["hash"])
    let elsewhere = directory.file("other.db")
    #expect(run("decode", paths[0], "--model", model, "--store", elsewhere).code == 0)
    #expect(try objects(run("store", "transcripts", "--store", elsewhere, "--json")).count == 1)
  }

  @Test func `tells every text of a recording, whatever its file is called`() throws {
    let path = recording("a.wav", seed: 1)
    _ = recording("copy.wav", seed: 1)
    let other = goldenModel("hubert-large")
    #expect(run("decode", path, "--model", model).code == 0)
    #expect(run("decode", "copy.wav", "--model", other).code == 0)
    #expect(
      Subprocess(["decode", "-", "--model", model], input: contents(of: path), in: directory.path).finish()
        .code == 0)
    let texts = try objects(run("store", "show", "copy.wav", "--json"))
    #expect(texts.map { $0["id"] } == ["a", "copy", "stdin"])
    #expect(texts.map { $0["checkpoint"] } == ["c1", "c2", "c1"])
    #expect(try objects(run("store", "show", "u1", "--json")) == texts)
    let table = run("store", "show", "a.wav")
    #expect(
      table.lines[0].split(separator: " ") == [
        "RUN", "BEGAN", "CHECKPOINT", "DECODER", "PRECISION", "CONFIDENCE", "TEXT",
      ])
    #expect(table.lines.count == 4)
    #expect(try objects(run("store", "show", "d2", "--json"))[0]["checkpoint_path"]?.string == other)
    #expect(try objects(run("store", "show", other, "--json"))[0]["id"] == "c2")
    #expect(run("store", "show", "c1").lines.filter { $0.hasPrefix("d") }.count == 2)
    let stranger = run("store", "show", recording("never.wav", seed: 9))
    #expect(stranger.code == 1 && stranger.errorLines.count == 1)
    #expect(stranger.errors.contains("warbler.db has no transcript of this sound"))
    for name in ["d9", "u9", "c9", "t1", "absent.wav"] {
      let result = run("store", "show", name)
      #expect(result.code == 1 && result.errorLines.count == 1 && result.output.isEmpty, "\(result.errors)")
    }
  }

  @Test func `knows the intervals of a manifest apart, and what recording they are of`() throws {
    _ = recording("long.wav", seed: 1, samples: 32_000)
    directory.write(
      """
      {"audio_filepath": "long.wav", "id": "one", "offset": 0, "duration": 1}
      {"audio_filepath": "long.wav", "id": "two", "offset": 1.0}
      {"audio_filepath": "long.wav", "id": "all"}
      """, as: "m.jsonl")
    #expect(run("decode", "m.jsonl", "--model", model).code == 0)
    let texts = try objects(run("store", "show", "long.wav", "--json"))
    #expect(texts.map { $0["id"] } == ["one", "two", "all"])
    #expect(Set(texts.map { $0["utterance"] }).count == 3 && Set(texts.map { $0["audio_hash"] }).count == 1)
    #expect(texts.map { $0["offset"] } == [0.0, 1.0, nil])
    // What is exported is a manifest.
    #expect(run("store", "export", "--out", "again.jsonl").code == 0)
    let again = run("decode", "again.jsonl", "--model", model, "--format", "jsonl")
    #expect(try objects(again).map { $0["text"] } == texts.map { $0["text"] })
    #expect(try objects(run("store", "show", "u1", "--json")).map { $0["run"] } == ["d1", "d2"])
  }

  @Test func `finds, exports and prunes`() throws {
    let path = recording("a.wav", seed: 1)
    for _ in 0..<3 { #expect(run("decode", path, "--model", model, "--quiet").code == 0) }
    let text = try #require(try objects(run("store", "export"))[0]["text"]?.string)
    let word = try #require(text.split(whereSeparator: { !$0.isLetter }).first.map(String.init))
    #expect(run("store", "search", word.uppercased()).lines.count == 4)
    #expect(try objects(run("store", "search", word, "--limit", "2", "--json")).count == 2)
    #expect(run("store", "search", "qqqq").lines.count == 1)
    #expect(run("store", "transcripts", "--run", "d2").lines.count == 2)
    #expect(try objects(run("store", "export", "--what", "runs")).map { $0["id"] } == ["d1", "d2", "d3"])
    #expect(
      run("store", "prune", "--keep", "1", "--dry-run").output
        == "would delete 2 runs with 2 transcripts: d1 d2\n")
    #expect(run("store", "runs").lines.count == 4)
    #expect(run("store", "prune", "--run", "d2").output == "deleted 1 run with 1 transcript: d2\n")
    #expect(run("store", "prune", "--before", "2001-01-01").output == "deleted 0 runs with 0 transcripts\n")
    #expect(try objects(run("store", "prune", "--keep", "0", "--json"))[0]["runs"] == ["d1", "d3"])
    #expect(run("store", "transcripts").lines.count == 1)
  }

  @Test(arguments: [
    ["prune"], ["prune", "--run", "c1"], ["prune", "--run", "d1", "--keep", "1"],
    ["prune", "--before", "tomorrow"],
    ["prune", "--keep", "-1"], ["search", "-"], ["export", "--what", "x"], ["transcripts", "--run", "7"],
    ["transcripts", "--limit", "0"], ["show"],
  ])
  func `used wrongly is 64`(arguments: [String]) {
    let result = Subprocess(["store"] + arguments, in: directory.path).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(directory.names.isEmpty)
  }

  @Test func `that is none is 1 and left as it was, for decode too`() {
    let path = recording("a.wav", seed: 1)
    let precious = Array("precious".utf8)
    directory.write(precious, as: "warbler.db")
    for arguments in [
      ["decode", path, "--model", model], ["store", "runs"], ["store", "prune", "--keep", "0"],
    ] {
      let result = Subprocess(arguments, in: directory.path).finish()
      #expect(result.code == 1 && result.output.isEmpty)
      #expect(
        result.errors.hasPrefix("warbler.db: expected a store of Warbler, found a file of another kind; "))
      #expect(result.errorLines.count == 1)
      #expect(contents(of: directory.file("warbler.db")) == precious)
    }
    for command in ["runs", "checkpoints", "transcripts", "export"] {
      let missing = run("store", command, "--store", "missing.db")
      #expect(missing.code == 1 && missing.errors.hasPrefix("missing.db: there is no store; "))
    }
    #expect(directory.names == ["a.wav", "warbler.db"])
    #expect(run("decode", path, "--model", model, "--no-store").code == 0)
    #expect(run("decode", path, "--model", "absent", "--store", "new.db").code == 1)
    #expect(directory.names == ["a.wav", "warbler.db"])
  }

  @Test func `counts what failed`() throws {
    let path = recording("a.wav", seed: 1)
    directory.write([], as: "bad.wav")
    #expect(run("decode", path, "bad.wav", "absent.wav", "--model", model).code == 3)
    let record = try objects(run("store", "runs", "--json"))[0]
    #expect(record["decoded"] == 1 && record["failed"] == 2 && record["inputs"] == 3)
    #expect(record["status"] == "finished")
    let full = run("decode", path, "--model", model, "--out", "/dev/full")
    #expect(full.code == 1)
    let failed = try objects(run("store", "show", "d2", "--json"))[0]
    #expect(failed["status"] == "failed" && failed["message"]?.string?.hasPrefix("/dev/full: ") == true)
  }

  /// Enough recordings to take some seconds.
  private func recordings() -> String {
    directory.folder("many")
    for index in 0..<200 {
      directory.write(wav(noise(80_000, seed: UInt64(index))), as: "many/r\(1000 + index).wav")
    }
    return "many"
  }

  @Test(arguments: [(SIGINT, "SIGINT"), (SIGKILL, nil)])
  func `has every transcript that was delivered before a signal`(signal: Int32, message: String?) throws {
    let command = Subprocess(
      ["decode", recordings(), "--model", model, "--threads", "1"], in: directory.path)
    let start = command.read()
    command.send(signal)
    let lines = command.finish(after: start).output.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
    let stored = try objects(run("store", "export")).map {
      "\($0["id"]?.string ?? "")\t\($0["text"]?.string ?? "")"
    }
    #expect(lines.count > 0 && lines.count < 200)
    #expect(Array(stored.prefix(lines.count)) == lines.map(String.init))
    #expect(signal == SIGKILL ? stored.count <= lines.count + 1 : stored.count == lines.count)
    let record = try objects(run("store", "runs", "--json"))[0]
    #expect(record["status"] == "interrupted" && record["message"]?.string == message)
    #expect(record["decoded"]?.int == stored.count && record["inputs"] == 200)
  }

  @Test func `takes the runs of eight decodes at once`() throws {
    let paths = (0..<3).map { recording("r\($0).wav", seed: UInt64($0)) }
    let commands = (0..<8).map { _ in
      Subprocess(["decode", "--model", model, "--threads", "1", "--quiet"] + paths, in: directory.path)
    }
    let results = commands.map { $0.finish() }
    #expect(results.allSatisfy { $0.code == 0 && $0.errors.isEmpty && $0.output == results[0].output })
    let runs = try objects(run("store", "runs", "--json"))
    #expect(runs.count == 8 && runs.allSatisfy { $0["status"] == "finished" && $0["decoded"] == 3 })
    #expect(try objects(run("store", "export")).count == 24)
    #expect(try objects(run("store", "show", "r1.wav", "--json")).count == 8)
  }
}
