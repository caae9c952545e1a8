import JSON
import TestSupport
import Testing

@Suite struct `warbler corpus audit` {
  private let directory = TemporaryDirectory()

  private func manifest() -> String {
    directory.write(wav(noise(24_000)), as: "a.wav")
    directory.write(wav(noise(30_000, seed: 2)), as: "b.wav")
    return directory.write(
      """
      {"audio_filepath": "a.wav", "text": "an egg"}
      {"audio_filepath": "b.wav", "text": "of two eggs"}
      """, as: "m.jsonl")
  }

  @Test func `two models with two decoders are four systems`() throws {
    let result = Subprocess.run(
      "corpus", "audit", manifest(), "--model", goldenModel("hubert-base"), "--model",
      goldenModel("hubert-large"), "--decoder", "greedy", "--decoder", "beam:width=5", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let lines = try result.lines.map { try JSONValue(parsing: $0) }
    #expect(lines.count == 2 && lines[0]["rank"]?.int == 1)
    let systems = lines[0]["heard"]?.array?.compactMap { $0["system"]?.string }
    #expect(
      systems == [
        "\(goldenModel("hubert-base")) greedy", "\(goldenModel("hubert-base")) beam:width=5",
        "\(goldenModel("hubert-large")) greedy", "\(goldenModel("hubert-large")) beam:width=5",
      ])
    let values = lines.compactMap { $0["margin"]?.double }
    #expect(values.count == 2 && values[0] >= values[1])
    #expect(result.errors.contains("2 of 2 rows ranked by margin, 2 shown"))
  }

  @Test func `text for people, as many as asked for`() {
    let result = Subprocess.run(
      "corpus", "audit", manifest(), "--model", goldenModel("hubert-base"), "--top", "1", "--by", "loss",
      "--quiet")
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.lines.first?.hasPrefix("1. ") == true && result.output.contains("reference  "))
    #expect(!result.output.contains("2. "))
  }

  @Test(arguments: [
    (["--by", "size"], "--by size: no such by; use one of loss, margin, disagreement, alignment"),
    (["--top=-1"], "--top -1: expected 0 (all) or more"),
    (["--decoder", "beam:width=0"], "width is 0"),
    (["--threads", "0"], "--threads 0: expected 1 to 1024"),
  ])
  func `wrong usage is one line`(options: [String], says: String) {
    let result = Subprocess(
      ["corpus", "audit", manifest(), "--model", goldenModel("hubert-base")] + options
    ).finish()
    #expect(result.code == 64 && result.errorLines.count == 1)
    #expect(result.errors.contains(says), "\(result.errors)")
  }

  @Test func `no model is wrong usage, an absent one a line`() {
    #expect(Subprocess.run("corpus", "audit", manifest()).code == 64)
    let result = Subprocess.run("corpus", "audit", manifest(), "--model", "/absent")
    #expect(result.code == 1 && result.errorLines.count == 1 && result.errors.contains("/absent"))
  }
}
