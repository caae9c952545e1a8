import ArgumentParser

/// `warbler corpus`.
struct CorpusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus", abstract: "Look into corpora.",
    subcommands: [CorpusCheckCommand.self, CorpusAuditCommand.self])
}

/// `warbler corpus check MANIFEST`.
struct CorpusCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say what training would reject or mislearn, line by line.",
    discussion: """
      Reads every recording. A finding is one line on stdout: reject (training leaves the row out, or stops) or warn \
      (training uses it; look at it), the row, its id, what was found and what to do; then a table of rows and hours. \
      Exit codes: 0 if nothing is rejected, warnings or not; 3 if some rows are; 1 if none is left to train on or a \
      manifest cannot be read.
      """)

  @Argument(help: ArgumentHelp(ManifestHelp.withTexts, valueName: "manifest"))
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "Check this one too, and that they have no audio in common.", valueName: "manifest"))
  var dev: String?

  @Option(
    help: ArgumentHelp(
      "Check against this model's vocabulary, sample rate and frames: a directory in Hugging Face's layout.",
      valueName: "directory"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Check against this vocabulary: a vocab.json or a folder with one, and the rules.json beside it.",
      valueName: "file"))
  var vocab: String?

  @Option(
    help: ArgumentHelp("Apply these text rules first: a rules.json, as in Vocab/.", valueName: "file"))
  var rules: String?

  @Option(
    help: ArgumentHelp(
      "The language of a model that has several (default: the one its tokenizer names).",
      valueName: "language"))
  var language: String?

  @Option(help: ArgumentHelp("Reject shorter utterances.", valueName: "s"))
  var minSeconds = 0.1

  @Option(help: ArgumentHelp("Reject longer utterances.", valueName: "s"))
  var maxSeconds = 30.0

  @Flag(help: "Print one JSON object a line: the findings, then the sums.")
  var json = false

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func validate() throws {
    guard model == nil || vocab == nil else { throw ValidationError("Give --model or --vocab, not both.") }
    guard rules == nil || model != nil || vocab != nil else {
      throw ValidationError("--rules needs --model or --vocab.")
    }
    guard language == nil || model != nil else { throw ValidationError("--language needs --model.") }
    guard minSeconds >= 0, maxSeconds > minSeconds else {
      throw ValidationError("--max-seconds \(maxSeconds): expected more than --min-seconds \(minSeconds).")
    }
  }

  mutating func run() throws {
    var run = CorpusCheckRun(self)
    try run.start()
  }
}

/// `warbler corpus audit MANIFEST`.
struct CorpusAuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Rank utterances by how likely it is that their text is wrong.",
    discussion: """
      Looks for texts that a model does not believe (loss), for which it has a better one (margin), that no system hears \
      (disagreement) or of which a word does not fit in time (alignment), and shows the most suspicious with what was \
      heard. A model is a better judge of texts that it was not trained on.
      """)

  @Argument(help: ArgumentHelp(ManifestHelp.withTexts, valueName: "manifest"))
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "A model's directory, in Hugging Face's layout. May be repeated.", valueName: "directory"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "greedy or beam:key=value,..., as decode's. May be repeated (default: greedy).", valueName: "decoder"))
  var decoder: [String] = []

  @Option(
    help: ArgumentHelp(
      "What to rank by: margin, loss, disagreement or alignment.", valueName: "measure"))
  var by = "margin"

  @Option(help: ArgumentHelp("Show so many; 0 for all.", valueName: "n"))
  var top = 50

  @Option(
    help: ArgumentHelp(
      "The language of models that have several (default: the one their tokenizers name).",
      valueName: "language"))
  var language: String?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { try CorpusAuditRun(self) }
    try run.start()
  }
}
