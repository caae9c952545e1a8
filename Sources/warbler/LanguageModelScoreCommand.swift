import ArgumentParser
import LanguageModel
import Workbench

/// `warbler lm score FILE TEXT`.
struct LanguageModelScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Tell the perplexity of a text, and its unknown words.",
    discussion: """
      Each line of the text is a sentence, an empty one too; words are what stands between white space, compared byte \
      for byte. Perplexities are over words and sentence ends. The second one leaves unknown words out, but not from \
      the contexts of others, as KenLM's query does.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, jsonl
  }

  @Argument(help: ArgumentHelp("A model: ARPA, gzip'd ARPA, or what lm convert wrote.", valueName: "file"))
  var file: String

  @Argument(help: ArgumentHelp("A text, plain or gzip'd; - is standard input.", valueName: "text"))
  var text = "-"

  @Option(
    help: ArgumentHelp(
      "text: the sums; jsonl: an object for each line, and the sums last.", valueName: "format"))
  var format = Format.text

  func run() throws {
    var run = LanguageModelScoreRun(self)
    try run.start()
  }
}

/// One call of `lm score`.
private struct LanguageModelScoreRun: CommandRun {
  private let command: LanguageModelScoreCommand
  var console = Console(isQuiet: true)

  init(_ command: LanguageModelScoreCommand) { self.command = command }

  mutating func run() throws {
    let model = try openLanguageModel(command.file)
    var lines = try TextLines(path: command.text)
    let output = try ResultOutput(path: nil)
    let isJSON = command.format == .jsonl
    var sum = TextScore()
    while try lines.next({ line, number in
      let score = model.score(sentence: line)
      sum += score
      if isJSON { try output.write(score.jsonLine(number: number) + "\n") }
    }) {
      if let signal = Interruption.signal { throw ExitCode(128 + signal) }
    }
    guard sum.sentences > 0 else {
      console.failure("\(command.text): expected a sentence a line, found an empty text; give one")
      throw ExitCode(1)
    }
    try output.write((isJSON ? sum.jsonLine() : sum.report) + "\n")
  }
}
