import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler probe` {
  let directory = TemporaryDirectory()
  let model = "\(goldenModels)/hidden-states/hubert-model"

  private func manifest(_ texts: [String]) -> String {
    for index in texts.indices {
      directory.write(wav(noise(8000 + 1600 * index, seed: UInt64(index))), as: "r\(index).wav")
    }
    let lines = texts.enumerated().map { #"{"audio_filepath": "r\#($0).wav", "text": "\#($1)"}"# }
    return directory.write(lines.joined(separator: "\n"), as: "m.jsonl")
  }

  private func probe(_ arguments: String...) -> Subprocess.Result {
    Subprocess(["probe", "--model", model, "--aligner", goldenModel(), "--clusters", "4"] + arguments)
      .finish()
  }

  @Test func `it prints a line for each layer, or JSON`() throws {
    let manifest = manifest(["AN A", "NO", "A TEN"])
    let table = probe(manifest, "--quiet")
    #expect(table.code == 0 && table.errors.isEmpty)
    #expect(table.lines.map { $0.split(separator: " ")[0] } == ["LAYER", "mfcc", "0", "1", "2", "3"])
    #expect(table.lines.last?.hasSuffix("4 clusters") == true)
    let json = probe(manifest, "--json", "--layers", "2,mfcc")
    #expect(json.code == 0 && json.lines.count == 1)
    let report = try JSONValue(parsing: json.output)
    #expect(report["utterances"] == 3 && report["layers"]?.array?.count == 2)
    #expect(report["layers"]?.array?.first?["layer"] == "2")
    #expect(report["layers"]?.array?.last?["features"] == 39)
  }

  @Test func `failures beside results are 3, failures alone 1`() {
    let beside = probe(manifest(["AN A", "€"]), "--layers", "0", "--quiet")
    #expect(beside.code == 3 && beside.lines.count == 3)
    #expect(beside.errorLines.count == 1 && beside.errors.contains("m.jsonl:2: text: "))
    let alone = probe(manifest(["€"]), "--quiet")
    #expect(alone.code == 1 && alone.output.isEmpty && alone.errorLines.count == 2)
    let few = Subprocess.run(
      "probe", manifest(["A"]), "--model", model, "--aligner", goldenModel(), "--clusters", "1000", "--quiet")
    #expect(few.code == 1 && few.errorLines.count == 1 && few.errors.contains("at least as many frames"))
    let absent = probe(directory.file("absent.jsonl"))
    #expect(absent.code == 1 && absent.errorLines.count == 1)
    let headless = Subprocess.run("probe", manifest(["A"]), "--model", model, "--aligner", model)
    #expect(headless.code == 1 && headless.errorLines.count == 1 && headless.errors.contains("no CTC head"))
  }

  @Test(arguments: [["--clusters", "0"], ["--layers", "x"], ["--layers", "1,1"], ["--threads", "0"]])
  func `an option that cannot be is 64 and one line that names it`(options: [String]) {
    let result = Subprocess(
      ["probe", manifest(["A"]), "--model", model, "--aligner", goldenModel()] + options
    ).finish()
    #expect(result.code == 64 && result.output.isEmpty && result.errorLines.count == 1)
    #expect(result.errors.hasPrefix(options.joined(separator: " ")), "\(result.errors)")
  }
}
