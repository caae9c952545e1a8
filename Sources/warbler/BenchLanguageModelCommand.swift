import ArgumentParser
import Workbench

/// `warbler bench lm`.
struct BenchLanguageModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lm", abstract: "Time queries of a language model over a text, on one thread.")

  @Argument(help: ArgumentHelp("A model: ARPA, gzip'd ARPA, or what lm convert wrote.", valueName: "file"))
  var file: String

  @Argument(help: ArgumentHelp("A text, plain or gzip'd, a sentence a line.", valueName: "text"))
  var text: String

  @Option(help: "Runs that are counted.")
  var runs = 5

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws { try checkPositive("--runs", runs) }

  func run() throws {
    let timing = try LanguageModelBenchmark(model: file, text: text).measure(runs: runs)
    print(json ? timing.json : timing.text)
  }
}
