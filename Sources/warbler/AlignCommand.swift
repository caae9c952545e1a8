import ArgumentParser
import Workbench

/// `warbler align`: when the words of a known text are said.
struct AlignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "align",
    abstract: "Align known texts to their recordings: words and characters in time.",
    discussion: """
      Recordings of any length, in the order of the inputs; a line of a text is a segment with a confidence of its own. \
      A * by itself stands for sound that the text does not have. What the vocabulary cannot write, as digits, becomes a \
      wildcard and is named on stderr; punctuation is not said.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      An audio file, - for standard input, or manifests with texts, as decode reads them; with --vocab emissions: \
      .npy files, .safetensors files, directories of them.
      """,
      valueName: "input"))
  var inputs: [String]

  @Option(
    help: ArgumentHelp(
      "The text of the one recording: a file of it, or the words themselves.", valueName: "text"))
  var text: String?

  @Option(help: ArgumentHelp("The model's directory, in Hugging Face's layout.", valueName: "directory"))
  var model: String?

  @Option(help: ArgumentHelp("Align emissions, whose classes this vocab.json names.", valueName: "file"))
  var vocab: String?

  @Option(help: ArgumentHelp("The blank's entry in --vocab (default: <pad>).", valueName: "token"))
  var blank: String?

  @Option(
    help: ArgumentHelp(
      "The texts of several emissions: JSON lines with their ids and texts.", valueName: "manifest"))
  var ref: String?

  @Option(
    help: ArgumentHelp("json, jsonl, textgrid, ctm, srt or vtt.", valueName: "format"))
  var format = "json"

  @Option(
    help: ArgumentHelp(
      "Write to this file instead of stdout; a directory of ID.json, ID.TextGrid, ID.srt, ID.vtt for several inputs.",
      valueName: "path"))
  var out: String?

  @Option(
    name: .customLong("word-ends"),
    help: ArgumentHelp(
      """
      sound: words reach to where their sound ends (default); spike: to the ends of their tokens, as decode's do, and \
      those of emissions always.
      """,
      valueName: "rule"))
  var wordEnds: String?

  @Option(
    name: .customLong("max-extension"),
    help: ArgumentHelp(
      "How far a word may reach beyond its tokens, in milliseconds (default: 300).", valueName: "ms"))
  var maxExtension: Double?

  @Flag(help: "Sound before the first word and behind the last may be missing from the text.")
  var partial = false

  @Option(
    help: ArgumentHelp(
      "Where sound may be missing from the text: marked (only at a *), ends (as --partial) or words (between any two, too).",
      valueName: "where"))
  var untranscribed: String?

  @Flag(
    name: .customLong("no-wildcards"),
    help: "Refuse a text with characters that the vocabulary has not, but punctuation.")
  var noWildcards = false

  @OptionGroup var recording: RecordingFlags

  @Option(
    help: ArgumentHelp(
      "The language of a model that has several (default: the one its tokenizer names).",
      valueName: "language"))
  var language: String?

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { AlignRun(try AlignSettings(self)) }
    try run.start()
  }
}
