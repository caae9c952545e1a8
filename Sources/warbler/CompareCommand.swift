import ArgumentParser
import Workbench

/// `warbler compare`: which of several systems is better, by how much, and where they differ.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare what decoders, models or other tools make of the same speech.",
    usage: """
      warbler compare <MANIFEST> --model <MODEL>... --decoder <DECODER>... [<options>]
      warbler compare --ref <FILE> --run <ID>... [<options>]
      warbler compare --ref <FILE> --hyp <FILE>... [<options>]
      """,
    discussion: """
      Error rates with their intervals, every pair with its difference and how likely that is chance, what one system \
      fixes and breaks of another, and what all of them together would make. Each decoder of each model is a system; a \
      model's emissions are computed once. Files are of any form that score takes. The figures are kept in the store \
      (store comparisons).
      """)

  @Argument(
    help: ArgumentHelp(ManifestHelp.withTexts, valueName: "manifest"))
  var manifest: String?

  @Option(help: ArgumentHelp("A model's directory. May be repeated.", valueName: "directory"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "greedy or beam:key=value,..., as decode's. May be repeated (default: greedy).", valueName: "decoder"))
  var decoder: [String] = []

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("A decode run of the store, as d12. May be repeated.", valueName: "id"))
  var runs: [String] = []

  @Option(help: ArgumentHelp("What was said, for --run and --hyp.", valueName: "file"))
  var ref: String?

  @Option(help: ArgumentHelp("What a system heard. May be repeated.", valueName: "file"))
  var hyp: [String] = []

  @Option(
    help: ArgumentHelp(
      "What to call a system, in their order. May be repeated (default: decoder, run or file).",
      valueName: "name"))
  var name: [String] = []

  @Option(
    help: ArgumentHelp("Write a page for a browser, which needs nothing beside itself.", valueName: "file"))
  var html: String?

  @Option(
    name: .customLong("sound-megabytes"),
    help: ArgumentHelp(
      "Room on the page for sounds and emissions, the most different utterances first.", valueName: "n"))
  var soundMegabytes = 32.0

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Show so many confusions, words and utterances of each pair; 0 for none.", valueName: "n"))
  var top = 5

  @Option(
    help: ArgumentHelp(
      """
      What is done to texts before they are compared: none; basic (lower case, no punctuation); or a language's rules, a \
      rules.json or a folder with one, as those of Vocab/ (default: with --model what training does for its vocabulary, \
      basic if vocabularies differ; else none).
      """, valueName: "rules"))
  var rules: String?

  @Option(
    help: ArgumentHelp(
      "Whether Chinese and Japanese words are characters, or what is between spaces: characters or words.",
      valueName: "unit"))
  var cjk = "characters"

  @Option(
    help: ArgumentHelp(
      "How references of --ref are read: plain, or sclite (default: sclite for trn and stm, else plain).",
      valueName: "notation"))
  var notation: String?

  @Flag(help: "Count a reference without a hypothesis as one with an empty hypothesis.")
  var missingAsEmpty = false

  @Option(help: ArgumentHelp("Resamples of the bootstrap.", valueName: "n"))
  var samples = 10_000

  @Option(help: ArgumentHelp("The bootstrap's seed.", valueName: "n"))
  var seed = 1

  @Option(
    help: ArgumentHelp(
      "Keep the emissions: DIR/ID.npy, DIR/N/ID.npy of the Nth of several models.", valueName: "dir"))
  var emissions: String?

  @Option(
    help: ArgumentHelp(
      "The store that the comparison is kept in, and runs are taken from (default: warbler.db).",
      valueName: "file"))
  var store: String?

  @Flag(name: .customLong("no-store"), help: "Keep nothing in a store.")
  var noStore = false

  @OptionGroup var threads: ThreadFlags

  @Option(
    name: .customLong("chunk-seconds"),
    help: ArgumentHelp(
      "Decode recordings longer than this in windows of this length (default: those over 120 s, in windows of 60 s).",
      valueName: "s"))
  var chunkSeconds: Double?

  @Option(
    help: ArgumentHelp(
      "The language of models that have several (default: the one their tokenizers name).",
      valueName: "language"))
  var language: String?

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { CompareRun(try CompareSettings(self)) }
    try run.start()
  }
}
