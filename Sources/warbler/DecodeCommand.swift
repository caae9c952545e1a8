import ArgumentParser
import Workbench

/// `warbler decode`: recordings to text.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decode recordings to text with times.",
    discussion: """
      Results go to stdout in the order of the inputs, each as soon as it is ready: one line an input, with the id before \
      the text when there are several. An input that cannot be decoded is named on stderr, and the others are decoded.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      \(ManifestHelp.inputs), - for standard input; with --vocab emissions: .npy files, .safetensors files, \
      directories of them.
      """,
      valueName: "input"))
  var inputs: [String]

  @Option(help: ArgumentHelp("The model's directory, in Hugging Face's layout.", valueName: "directory"))
  var model: String?

  @Option(help: ArgumentHelp("Decode emissions, whose classes this vocab.json names.", valueName: "file"))
  var vocab: String?

  @Option(help: ArgumentHelp("The blank's entry in --vocab (default: <pad>).", valueName: "token"))
  var blank: String?

  @Option(
    help: ArgumentHelp(
      """
      greedy, or beam:key=value,... with width, lm, lm-weight, word-score, unk-score, unk-token-score, sentence-end, unit, lexicon, \
      hotwords, case, tokens, token-threshold, beam-threshold, nbest, rescore-lm, rescore-weight, mbr, \
      posterior-scale, confidence.
      """, valueName: "decoder"))
  var decoder = "greedy"

  @Option(help: ArgumentHelp("text, jsonl, srt, vtt, ctm or textgrid.", valueName: "format"))
  var format = "text"

  @Option(
    help: ArgumentHelp(
      "Write to this file instead of stdout; a directory of ID.srt, ID.vtt, ID.TextGrid for several inputs.",
      valueName: "path"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Keep the emissions: DIR/ID.npy, (frames, classes) float32, natural-log posteriors.", valueName: "dir"))
  var emissions: String?

  @Option(
    help: ArgumentHelp(
      "The store that the run and its transcripts are kept in (default: warbler.db).", valueName: "file"))
  var store: String?

  @Flag(name: .customLong("no-store"), help: "Keep no transcripts in a store.")
  var noStore = false

  @Option(help: ArgumentHelp("fp32.", valueName: "precision"))
  var precision = "fp32"

  @OptionGroup var recording: RecordingFlags

  @Option(
    help: ArgumentHelp(
      "The language of a model that has several (default: the one its tokenizer names).",
      valueName: "language"))
  var language: String?

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { DecodeRun(try DecodeSettings(self)) }
    try run.start()
  }
}
