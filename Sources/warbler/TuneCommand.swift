import ArgumentParser
import Workbench

/// `warbler tune`: the weights of a beam from emissions and what was said.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Find the weights of a beam search with which it makes the fewest errors.",
    discussion: """
      Decodes kept emissions (decode --emissions) again and again: grids of two weights at a time, then coordinate search \
      around the best, and other widths with the weights found. Prints the best DECODER; weights are chosen on these \
      utterances, so measure on others.
      """)

  @Argument(
    help: ArgumentHelp(
      "Emissions: .npy files, .safetensors files, directories of them.", valueName: "emissions"))
  var emissions: [String]

  @Option(help: ArgumentHelp("What is said in them: JSON lines with id and text.", valueName: "manifest"))
  var ref: String

  @Option(help: ArgumentHelp("The vocab.json that names their classes.", valueName: "file"))
  var vocab: String

  @Option(help: ArgumentHelp("The blank's entry in --vocab (default: <pad>).", valueName: "token"))
  var blank: String?

  @Option(
    help: ArgumentHelp("The beam, with its files and what is to stay, as decode's.", valueName: "decoder"))
  var decoder: String

  @Option(
    help: ArgumentHelp(
      """
      A weight to look for, and between which values: lm-weight=0:3, word-score=-4:4, unk-score=-20:0, \
      unk-token-score=-4:0, rescore-weight=0:2. May be repeated (default: all that the beam has, in these ranges).
      """, valueName: "key=low:high"))
  var over: [String] = []

  @Option(help: ArgumentHelp("Decoders that are tried, at most.", valueName: "n"))
  var evaluations = 150

  @Option(help: ArgumentHelp("Widths that are tried with the best weights.", valueName: "n,n"))
  var widths = "10,25,50,100,200"

  @Option(help: ArgumentHelp("What counts: wer or cer; the other tells between equals.", valueName: "metric"))
  var metric = "wer"

  @Option(
    help: ArgumentHelp(
      "Write every decoder that was tried, with its error rates, as a table.", valueName: "tsv"))
  var surface: String?

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Print one line of JSON.")
  var json = false

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { try TuneRun(self) }
    try run.start()
  }
}
