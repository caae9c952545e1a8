import ArgumentParser
import LanguageModel

/// `warbler lm interpolate A B --weights 0.5,0.5 --out FILE`.
struct LanguageModelInterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate", abstract: "Make one language model of several.",
    discussion: """
      The result has the n-grams of all, with the weighted means of their probabilities. --tune finds the weights that \
      make a text most probable, from those of --weights or from equal ones, and prints them and the perplexity of the \
      text; the text should be none that the models were built from.
      """)

  @Argument(help: ArgumentHelp("Models: ARPA, or gzip'd ARPA.", valueName: "model"))
  var models: [String]

  @Option(
    help: ArgumentHelp(
      "A weight for each model, with commas between them and the sum 1 (default: equal ones).",
      valueName: "weights"))
  var weights: String?

  @Option(help: ArgumentHelp("A text to find the weights on, plain or gzip'd.", valueName: "text"))
  var tune: String?

  @Option(
    help: ArgumentHelp(
      "The file to write; ARPA is gzip'd if it ends in .gz. May be left out with --tune.", valueName: "file"))
  var out: String?

  @Option(help: ArgumentHelp("arpa, or binary, which opens at once.", valueName: "format"))
  var format = LanguageModelFormat.arpa

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func run() throws {
    var run = try settled { try LanguageModelInterpolateRun(self) }
    try run.start()
  }
}
