import ArgumentParser
import Workbench

/// `warbler probe`: which layer of a model knows most of letters.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Say how well the clusters of each layer of a model go with letters.",
    discussion: """
      Clusters the frames of each hidden layer, and of MFCC, and compares the clusters with the letters that a forced \
      alignment of the transcripts gives each frame. The layer with the highest figures is the one to cluster for the next \
      round of pre-training. Layers are numbered as transformers numbers hidden_states.
      """)

  @Argument(help: ArgumentHelp(ManifestHelp.withTexts))
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "The model to probe: a directory in Hugging Face's layout; it needs no head.", valueName: "directory"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "A fine-tuned model that aligns the transcripts: a directory in Hugging Face's layout.",
      valueName: "directory"))
  var aligner: String

  @Option(help: ArgumentHelp("Clusters of each layer.", valueName: "k"))
  var clusters = 100

  @Option(help: ArgumentHelp("all, or some: mfcc,0,6.", valueName: "list"))
  var layers = "all"

  @Option(help: ArgumentHelp("Of the clusters' random numbers.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { try ProbeRun(self) }
    try run.start()
  }
}
