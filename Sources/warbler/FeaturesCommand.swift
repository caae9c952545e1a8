import ArgumentParser
import Workbench

/// `warbler features`: recordings to hidden states.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Write a model's hidden states for recordings.",
    discussion: """
      Hidden states are numbered as transformers numbers them: 0 is the input of the first layer, k the output of layer k; \
      fairseq's "layer k" is hidden_states[k]. last is last_hidden_state: behind the final norm and the adapter, where a \
      model has them. An input that gives none is named on stderr, and the others are written.
      """)

  @Argument(
    help: ArgumentHelp(
      "\(ManifestHelp.inputs), or - for standard input.",
      valueName: "input"))
  var inputs: [String]

  @Option(
    help: ArgumentHelp(
      "The model's directory, in Hugging Face's layout; it needs no head.", valueName: "directory"))
  var model: String

  @Option(help: ArgumentHelp("0 to the number of layers, or last.", valueName: "n"))
  var layer = "last"

  @Option(
    help: ArgumentHelp(
      "A directory for ID.npy, (frames, width), an utterance each; or FILE.safetensors for one file of them all.",
      valueName: "path"))
  var out: String

  @Option(help: ArgumentHelp("fp32 or fp16.", valueName: "type"))
  var dtype = "fp32"

  @OptionGroup var recording: RecordingFlags

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { FeaturesRun(try FeaturesSettings(self)) }
    try run.start()
  }
}
