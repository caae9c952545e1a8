import ArgumentParser
import LanguageModel

/// `warbler lm build TEXT... --order N --out FILE`.
struct LanguageModelBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build a language model from text.",
    discussion: """
      Interpolated modified Kneser-Ney smoothing, as KenLM's lmplz. A line of the text is a sentence, words are what \
      stands between white space; text is taken as it is. What does not fit into --memory goes through temporary files \
      in $TMPDIR. The same text and options give the same file, whatever the memory.
      """)

  @Argument(
    help: ArgumentHelp("Texts in UTF-8, plain or gzip'd; - is standard input.", valueName: "text"))
  var texts: [String]

  @Option(help: ArgumentHelp("The longest n-grams, in words.", valueName: "n"))
  var order: Int

  @Option(help: ArgumentHelp("The file to write; ARPA is gzip'd if it ends in .gz.", valueName: "file"))
  var out: String

  @Option(help: ArgumentHelp("arpa, or binary, which opens at once.", valueName: "format"))
  var format = LanguageModelFormat.arpa

  @Option(
    help: ArgumentHelp(
      """
      Leave out n-grams that were seen so often or less, for order 1, 2, ...; the last number holds for all higher \
      orders, and none may be below the one before.
      """, valueName: "counts"))
  var prune: String?

  @Option(
    name: .customLong("limit-vocab"),
    help: ArgumentHelp("Take all words but those in this file for <unk>.", valueName: "file"))
  var vocabulary: String?

  @Flag(help: "Every character is a word, and white space the word |.")
  var characters = false

  @Flag(
    name: .customLong("discount-fallback"),
    help: """
      Where the text gives no discounts, as a tiny one does not, take 0.5, 1 and 1.5 for counts of 1, 2, and 3 or more.
      """)
  var usesFallback = false

  @Option(
    help: ArgumentHelp(
      "For counting and sorting: bytes, or a number with K, M or G. The vocabulary comes on top of it.",
      valueName: "size"))
  var memory = "1G"

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func run() throws {
    var run = try settled { try LanguageModelBuildRun(self) }
    try run.start()
  }
}
