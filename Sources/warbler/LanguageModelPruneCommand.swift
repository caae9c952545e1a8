import ArgumentParser
import LanguageModel
import Workbench

/// `warbler lm prune IN OUT --threshold X`.
struct LanguageModelPruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Leave out of a language model what it hardly misses.",
    discussion: """
      An n-gram goes if the perplexity of the model rises by less than the threshold without it, relatively (Stolcke \
      1998). Contexts of those that stay, stay; all back-offs are computed again.
      """)

  @Argument(help: ArgumentHelp("A model: ARPA, or gzip'd ARPA.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write; ARPA is gzip'd if it ends in .gz.", valueName: "out"))
  var output: String

  @Option(help: ArgumentHelp("Such as 1e-8 (few go) or 1e-6 (many go).", valueName: "x"))
  var threshold: Double

  @Option(help: ArgumentHelp("arpa, or binary, which opens at once.", valueName: "format"))
  var format = LanguageModelFormat.arpa

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func validate() throws {
    guard threshold >= 0 && threshold.isFinite else {
      throw ValidationError("--threshold \(threshold): expected a number of 0 or above.")
    }
  }

  func run() throws {
    var run = LanguageModelPruneRun(self)
    try run.start()
  }
}

/// One call of `lm prune`.
private struct LanguageModelPruneRun: CommandRun {
  private let command: LanguageModelPruneCommand
  var console: Console

  init(_ command: LanguageModelPruneCommand) {
    self.command = command
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    let command = command
    let report = try stoppable {
      try LanguageModelOutput(path: command.output, format: command.format).write { path in
        try EntropyPruning(threshold: command.threshold).prune(
          command.input, to: path, shouldStop: { Interruption.signal != nil })
      }
    }
    for (index, (before, after)) in zip(report.before, report.after).enumerated() {
      console.note("order \(index + 1): \(after) of \(before) n-grams are left")
    }
  }
}
