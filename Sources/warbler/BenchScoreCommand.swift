import ArgumentParser
import Workbench

/// `warbler bench score`.
struct BenchScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Time the scoring of pairs that have been read: words and characters.")

  @Option(help: ArgumentHelp("What was said, as score takes it.", valueName: "file"))
  var ref: String

  @Option(help: ArgumentHelp("What was heard.", valueName: "file"))
  var hyp: String

  @OptionGroup var threads: ThreadFlags

  @Option(help: "Runs that are counted.")
  var runs = 5

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    try checkPositive("--runs", runs)
  }

  func run() throws {
    let timing = try ScoringBenchmark(reference: ref, hypothesis: hyp)
      .measure(threads: settled(threads.count), runs: runs)
    print(json ? timing.json : timing.text)
  }
}
