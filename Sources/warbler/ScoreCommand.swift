import ArgumentParser
import Workbench

/// `warbler score --ref FILE --hyp FILE`.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Count the errors of hypotheses, by utterance and group.",
    discussion: """
      Files are told apart by name and content: trn, JSON lines with id and text (a manifest, or what decode \
      writes), id<TAB>text or columns with names, ctm; they are matched by id. An stm is matched with a ctm by time. \
      In a trn or stm reference { a / b c / @ } is one of these, and (word) may be left out. Words are compared as \
      written, unless there are rules. Exit codes: 0; 1 for a missing, extra or repeated id, or a file that cannot \
      be read.
      """)

  @Option(help: ArgumentHelp("What was said; - is standard input.", valueName: "file"))
  var ref: String

  @Option(help: ArgumentHelp("What was heard; - is standard input.", valueName: "file"))
  var hyp: String

  @Option(
    help: ArgumentHelp("trn, jsonl, tsv, stm or ctm (default: told by the file).", valueName: "format"))
  var refFormat: String?

  @Option(help: ArgumentHelp("trn, jsonl, tsv or ctm (default: told by the file).", valueName: "format"))
  var hypFormat: String?

  @Option(
    help: ArgumentHelp(
      """
      Change both texts first: none; basic (lower case, no punctuation); or a language's rules, a rules.json or a \
      folder with one, as those of Vocab/.
      """, valueName: "rules"))
  var rules = "none"

  @Option(
    help: ArgumentHelp(
      "Change both texts as training does for this vocabulary: a vocab.json, or a folder with one.",
      valueName: "file"))
  var vocab: String?

  @Option(
    help: ArgumentHelp(
      """
      Which alignment counts. unit: the fewest errors; sclite: a substitution costs 4, a deletion or insertion 3; \
      jiwer: the fewest errors, ties as jiwer breaks them.
      """, valueName: "costs"))
  var costs = "unit"

  @Option(
    help: ArgumentHelp(
      "Whether Chinese and Japanese words are characters, or what is between spaces: characters or words.",
      valueName: "unit"))
  var cjk = "characters"

  @Option(
    help: ArgumentHelp(
      "How references are read: plain, or sclite (default: sclite for trn and stm, else plain).",
      valueName: "notation"))
  var notation: String?

  @Option(
    help: ArgumentHelp(
      """
      Sums for each value of this field of the reference: speaker, language, or any other of a manifest or table; \
      speaker of a trn; speaker, labels, file or channel of an stm. May be repeated.
      """, valueName: "field"))
  var by: [String] = []

  @Flag(help: "Show which word stands for which.")
  var alignments = false

  @Option(help: ArgumentHelp("Show the most frequent errors, at most so many.", valueName: "n"))
  var confusions = 0

  @Flag(help: "Count a reference without a hypothesis as one with an empty hypothesis.")
  var missingAsEmpty = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Write nothing to stderr but failures.")
  var quiet = false

  func validate() throws {
    guard vocab == nil || rules == "none" else { throw ValidationError("Give --rules or --vocab, not both.") }
    guard ref != "-" || hyp != "-" else {
      throw ValidationError("--ref and --hyp: only one of them can be standard input.")
    }
    guard confusions >= 0 else { throw ValidationError("--confusions \(confusions): expected 0 or more.") }
  }

  mutating func run() throws {
    var run = try settled { try ScoreRun(self) }
    try run.start()
  }
}
