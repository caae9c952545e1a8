import JSON
import TestSupport
import Testing

@Suite struct `warbler compare` {
  private let directory = TemporaryDirectory()
  private let model = goldenModel("hubert-base")

  private func run(_ arguments: [String]) -> Subprocess.Result {
    Subprocess(["compare"] + arguments, in: directory.path).finish()
  }

  private func manifest() -> String {
    for (index, seconds) in [1.2, 1.5, 2.0].enumerated() {
      directory.write(wav(noise(Int(16_000 * seconds), seed: UInt64(index + 1))), as: "\(index).wav")
    }
    return directory.write(
      """
      {"audio_filepath": "0.wav", "text": "An egg.", "speaker": "s"}
      {"audio_filepath": "1.wav", "text": "of two"}
      {"audio_filepath": "2.wav", "text": "eggs"}
      """, as: "m.jsonl")
  }

  @Test func `decoders and models on a manifest, with the contract's JSON, the page and the store`() throws {
    let result = run([
      manifest(), "--model", model, "--model", goldenModel("hubert-large"), "--decoder", "greedy",
      "--decoder",
      "beam:width=10,nbest=5", "--json", "--html", "page.html", "--samples", "200", "--emissions", "kept",
    ])
    #expect(result.code == 0, "\(result.errors)")
    let document = try JSONValue(parsing: result.output)
    let systems = try #require(document["systems"]?.array)
    #expect(
      systems.map { $0["name"]?.string } == [
        "hubert-base greedy", "hubert-base beam:width=10,nbest=5", "hubert-large greedy",
        "hubert-large beam:width=10,nbest=5",
      ])
    for (number, system) in systems.enumerated() {
      #expect(system["words"]?["reference"]?.int == 5 && system["characters"]?["reference"]?.int != nil)
      #expect(system["interval"]?.array?.count == 2 && system["seconds"]?.double != nil)
      #expect((system["rtf"]?.double ?? 0) > 0)
      #expect((system["oracle"] != .null) == (number % 2 == 1), "\(system)")
    }
    let pairs = try #require(document["pairs"]?.array)
    #expect(pairs.count == 6)
    for pair in pairs {
      #expect(
        pair["a"]?.string != nil && pair["difference"]?.double != nil && pair["mapsswe_p"]?.double != nil)
      #expect(pair["interval"]?.array?.count == 2 && pair["bootstrap_p"]?.double != nil)
      let counts = ["wins", "ties", "losses"].compactMap { pair[$0]?.int }
      #expect(counts.count == 3 && counts.reduce(0, +) == 3)
    }
    #expect(document["scores"]?.array?.count == 3 && document["combination"]?["words"] != nil)
    let page = String(decoding: contents(of: directory.file("page.html")), as: UTF8.self)
    #expect(
      page.hasPrefix("<!doctype html>") && page.contains("id=\"u0\"") && page.contains("An egg") == false)
    #expect(names(in: directory.file("kept/1")) == ["0.npy", "1.npy", "2.npy"])
    let kept = Subprocess(["store", "comparisons", "--json"], in: directory.path).finish()
    let record = try JSONValue(parsing: try #require(kept.lines.first))
    #expect(record["id"] == "m1" && record["pairs"] == document["pairs"] && record["scores"] == nil)
    let shown = Subprocess(["store", "show", "m1"], in: directory.path).finish()
    #expect(shown.code == 0 && shown.output.contains("hubert-large greedy"), "\(shown.errors)")
  }

  @Test func `a decoder's errors are those that score counts of what decode writes`() throws {
    let manifest = manifest()
    let compared = try JSONValue(
      parsing: run([manifest, "--model", model, "--json", "--no-store", "--quiet", "--rules", "basic"]).output
    )
    _ = Subprocess(
      [
        "decode", manifest, "--model", model, "--no-store", "--quiet", "--format", "jsonl", "--out",
        "h.jsonl",
      ],
      in: directory.path
    ).finish()
    let scored = try JSONValue(
      parsing: Subprocess(
        ["score", "--ref", manifest, "--hyp", "h.jsonl", "--rules", "basic", "--json"], in: directory.path
      ).finish().output)
    #expect(compared["systems"]?[0]?["words"] == scored["words"])
    #expect(compared["systems"]?[0]?["characters"] == scored["characters"])
    #expect(!directory.names.contains("warbler.db"))
  }

  @Test func `runs of the store against a manifest`() throws {
    let manifest = manifest()
    for decoder in ["greedy", "beam:width=5"] {
      _ = Subprocess(
        ["decode", manifest, "--model", model, "--quiet", "--decoder", decoder], in: directory.path
      ).finish()
    }
    let result = run(["--ref", manifest, "--run", "d1", "--run", "d2", "--json", "--rules", "basic"])
    #expect(result.code == 0, "\(result.errors)")
    let document = try JSONValue(parsing: result.output)
    #expect(document["systems"]?[1]?["name"] == "d2 beam:width=5")
    #expect((document["systems"]?[0]?["rtf"]?.double ?? 0) > 0)
    #expect(run(["--ref", manifest, "--run", "d9"]).errors.contains("d9"))
  }

  @Test func `files of any tool, for people`() throws {
    let reference = directory.write("u1\tthe cat sat\nu2\ton the mat\nu3\tyes\n", as: "ref.tsv")
    directory.write("the cut sat (u1)\non mat (u2)\nyes (u3)\n", as: "a.trn")
    directory.write(
      """
      {"id": "u1", "text": "the cat sat"}
      {"id": "u2", "text": "on the the mat"}
      {"id": "u3", "text": "no"}
      """, as: "b.jsonl")
    let result = run([reference, "--hyp", "a.trn", "--hyp", "b.jsonl", "--name", "first", "--no-store"])
    #expect(result.code == 0, "\(result.errors)")
    for expected in [
      "A first", "B b.jsonl", "28.57 %", "A - B", "may be chance", "From A to B", "cat > cut", "the left out",
      "u1: 1 errors, then 0 (1 fewer)", "[cut]", "Text rules: none",
    ] {
      #expect(result.output.contains(expected), "\(expected) in \(result.output)")
    }
    // A long name stands below the table.
    let long = String(repeating: "long ", count: 9) + "name"
    let named = run([reference, "--hyp", "a.trn", "--name", long, "--no-store", "--quiet"])
    #expect(named.output.contains("A long long long long long long long long…  28.57 %"), "\(named.output)")
    #expect(named.output.contains("\nA \(long)\n"))
    // A page without sounds.
    let page = run([
      reference, "--hyp", "a.trn", "--hyp", "b.jsonl", "--no-store", "--html", "p.html", "--quiet",
    ])
    #expect(page.code == 0 && directory.names.contains("p.html"), "\(page.errors)")
    #expect(!directory.names.contains { $0.hasSuffix(".part") })
  }

  @Test(arguments: [
    ([], 64, "--model, --run or --hyp: expected one of them"),
    (["m", "--model", "x", "--hyp", "y"], 64, "--hyp: it goes against --model"),
    (["--model", "x"], 64, "manifest: missing"),
    (["--hyp", "x"], 64, "--ref: missing"),
    (["r", "--hyp", "x", "--decoder", "greedy"], 64, "--decoder: it is about models"),
    (["r", "--run", "c1"], 64, "--run c1: expected a decode run"),
    (["r", "--hyp", "x", "--samples", "0"], 64, "--samples 0: expected 1 to 10000000"),
    (["r", "--hyp", "x", "--cjk", "letters"], 64, "--cjk letters"),
    (["absent.jsonl", "--hyp", "x"], 1, "x: cannot be read"),
    (["absent.jsonl", "--model", "/absent"], 1, "absent.jsonl: cannot be read"),
    (
      ["absent.jsonl", "--hyp", "x", "--html", "none/p.html"], 1,
      "none/p.html: cannot be written: No such file"
    ),
  ])
  func `what cannot be is one line`(arguments: [String], code: Int32, says: String) {
    let result = run(arguments)
    #expect(result.code == code && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.contains(says), "\(result.errors)")
    #expect(directory.names.isEmpty)
  }

  @Test func `hypotheses that do not match are named, and nothing is written`() {
    directory.write("u1\tthe cat\nu2\ta dog\n", as: "ref.tsv")
    directory.write("u1\tthe cat\n", as: "short.tsv")
    let result = run(["ref.tsv", "--hyp", "ref.tsv", "--hyp", "short.tsv", "--html", "p.html"])
    #expect(
      result.code == 1 && result.errorLines.count == 1 && result.errors.contains("u2"), "\(result.errors)")
    #expect(directory.names.sorted() == ["ref.tsv", "short.tsv"])
  }

  @Test func `a recording that cannot be read is left out for all systems`() throws {
    let manifest = manifest()
    directory.write("no audio", as: "1.wav")
    let result = run([
      manifest, "--model", model, "--decoder", "greedy", "--decoder", "beam:width=3", "--json",
    ])
    #expect(result.code == 3 && result.errors.contains("1.wav"))
    #expect(try JSONValue(parsing: result.output)["utterances"] == 2)
  }
}
