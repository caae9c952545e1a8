import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler tune` {
  private let directory = TemporaryDirectory()
  private let model = goldenModel()

  /// Emissions of two recordings and a manifest of what is said in them.
  private func corpus() -> (emissions: String, manifest: String) {
    let recordings = ["a", "b"].map {
      directory.write(wav(noise($0 == "a" ? 16_000 : 9600)), as: "\($0).wav")
    }
    let kept = directory.file("kept")
    let decoded = Subprocess(
      ["decode"] + recordings + ["--model", model, "--emissions", kept, "--no-store", "--quiet"])
    #expect(decoded.finish().code == 0)
    let manifest = directory.write(
      """
      {"audio_filepath": "a.wav", "text": "an egg"}
      {"audio_filepath": "b.wav", "text": "of"}
      """, as: "said.jsonl")
    return (kept, manifest)
  }

  @Test func `prints a decoder that decode takes, and writes down what was tried`() throws {
    let (emissions, manifest) = corpus()
    let surface = directory.file("surface.tsv")
    let arguments = [
      "tune", emissions, "--ref", manifest, "--vocab", "\(model)/vocab.json", "--decoder", "beam:width=8",
    ]
    let result = Subprocess(arguments + ["--surface", surface, "--widths", "4,8"]).finish()
    #expect(result.code == 0, "\(result.errors)")
    let decoder = String(result.output.dropLast())
    #expect(decoder.hasPrefix("beam:width=8,word-score=") && result.output.hasSuffix("\n"))
    #expect(result.errorLines.last?.hasPrefix("best: WER ") == true)
    #expect(result.errorLines.contains { $0.hasPrefix("width 4: WER ") })
    let table = String(decoding: contents(of: surface), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    #expect(table[0] == ["word-score", "wer", "cer", "word_errors", "character_errors", "ms", "decoder"])
    #expect(table.count > 5 && table.allSatisfy { $0.count == 7 })
    let fewest = table.dropFirst().compactMap { Int($0[3]) }.min()
    #expect(table.contains { $0[6] == decoder && Int($0[3]) == fewest })
    let decoded = Subprocess.run(
      "decode", emissions, "--vocab", "\(model)/vocab.json", "--decoder", decoder, "--no-store", "--quiet")
    #expect(decoded.code == 0 && decoded.output.split(separator: "\n").count == 2)

    let json = Subprocess(arguments + ["--json", "--quiet", "--evaluations", "3", "--metric", "cer"]).finish()
    #expect(json.code == 0 && json.errors.isEmpty)
    let object = try JSONValue(parsing: json.output)
    #expect(object.object?.keys == ["utterances", "evaluations", "best", "given", "widths"])
    #expect(object["utterances"] == 2 && object["evaluations"] == 3 && object["widths"]?.array?.count == 5)
    #expect(
      object["best"]?.object?.keys == ["decoder", "wer", "cer", "word_errors", "character_errors", "seconds"])
  }

  @Test func `one utterance without a partner is 3, none with one is 1, each named`() {
    let (emissions, manifest) = corpus()
    let vocabulary = "\(model)/vocab.json"
    let one = Subprocess.run(
      "tune", "\(emissions)/a.npy", "--ref", manifest, "--vocab", vocabulary, "--decoder", "beam", "--quiet")
    #expect(one.code == 3 && one.output.hasPrefix("beam:word-score="))
    #expect(one.errors == "\(manifest): b: no emissions of that id; make them with decode --emissions\n")
    let other = directory.write(#"{"audio_filepath": "c.wav", "text": "of"}"#, as: "other.jsonl")
    let none = Subprocess.run("tune", emissions, "--ref", other, "--vocab", vocabulary, "--decoder", "beam")
    #expect(none.code == 1 && none.output.isEmpty && none.errorLines.count == 3)
    let absent = Subprocess.run(
      "tune", emissions, "--ref", "absent", "--vocab", vocabulary, "--decoder", "beam")
    #expect(absent.code == 1 && absent.errorLines.count == 1 && absent.errors.hasPrefix("absent: "))
  }

  @Test(arguments: [
    ["--decoder", "greedy"], ["--decoder", "beam:widht=1"], ["--decoder", "beam", "--over", "lm-weight"],
    ["--decoder", "beam", "--over", "x=0:1"], ["--decoder", "beam", "--over", "word-score=1:0"],
    ["--decoder", "beam", "--over", "word-score", "--over", "word-score"],
    ["--decoder", "beam", "--metric", "x"],
    ["--decoder", "beam", "--widths", "0"], ["--decoder", "beam", "--evaluations", "0"],
    ["--decoder", "beam", "--threads", "0"],
  ])
  func `an option that cannot be is 64 and one line`(options: [String]) {
    let (emissions, manifest) = corpus()
    let result = Subprocess(
      ["tune", emissions, "--ref", manifest, "--vocab", "\(model)/vocab.json"] + options
    ).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("--"), "\(result.errors)")
  }
}
