import ArgumentParser
import Workbench

/// `warbler cluster`: recordings to clusters and labels.
struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Cluster frames of speech by k-means, and label recordings with the clusters.",
    discussion: """
      Writes DIR/kmeans.safetensors, DIR/labels.safetensors and DIR/report.json. The same call goes on where a run was \
      stopped, and passes over what is done. An input that cannot be used is named on stderr, and the others are labelled.
      """)

  @Argument(
    help: ArgumentHelp(
      "\(ManifestHelp.inputs).", valueName: "input"))
  var inputs: [String]

  @Option(help: ArgumentHelp("mfcc: HuBERT's 39, 100 a second.", valueName: "kind"))
  var features: String?

  @Option(
    help: ArgumentHelp(
      "Cluster hidden states of this model instead: its directory, in Hugging Face's layout.",
      valueName: "directory"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Which hidden states: 0 is the input of the first layer, k the output of layer k, as in transformers.",
      valueName: "n"))
  var layer: Int?

  @Option(
    help: ArgumentHelp(
      "utterance or speaker: bring each feature to mean 0 and variance 1 over an utterance, or over all of a speaker; "
        + "utterance-mean or speaker-mean: to mean 0 alone.",
      valueName: "over"))
  var standardize = "none"

  @Option(help: ArgumentHelp("Clusters, up to 65536.", valueName: "k"))
  var clusters: Int?

  @Option(help: ArgumentHelp("Where to write.", valueName: "dir"))
  var out: String

  @Option(
    name: .customLong("labels-only"),
    help: ArgumentHelp("Use the clusters of this kmeans.safetensors, and fit none.", valueName: "file"))
  var labelsOnly: String?

  @Option(help: ArgumentHelp("Fit to this part of the inputs, above 0 and up to 1.", valueName: "part"))
  var fraction = 1.0

  @Option(help: ArgumentHelp("Of all random numbers.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Starts by k-means++, of which the best goes on.", valueName: "n"))
  var starts = 20

  @Option(help: ArgumentHelp("Frames of a mini-batch.", valueName: "frames"))
  var batch = 10_000

  @Option(help: ArgumentHelp("At most so many passes.", valueName: "n"))
  var passes = 100

  @Option(
    help: ArgumentHelp(
      "Labels a second: 50 keeps every second one of MFCC, from the first on (default: all).",
      valueName: "hz"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "A labels file, of phones for example: tell purity and mutual information.", valueName: "file"))
  var reference: String?

  @Option(
    help: ArgumentHelp(
      "Write the labels as fairseq's .km too, in the order of the inputs.", valueName: "file"))
  var km: String?

  @OptionGroup var threads: ThreadFlags

  @Flag(help: "Print the report as one line of JSON.")
  var json = false

  @Flag(help: "Write nothing to stderr but a line for each failure.")
  var quiet = false

  mutating func run() throws {
    var run = try settled { try ClusterRun(self) }
    try run.start()
  }
}
