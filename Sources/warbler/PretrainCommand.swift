import ArgumentParser
import Pretraining

/// `warbler pretrain`: HuBERT's own training, from speech without texts.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Pre-train a HuBERT model on speech without texts.",
    usage: """
      warbler pretrain (--init <CONFIG.json> | --model <MODEL>) --train <MANIFEST> --out <DIR> [<options>]
      warbler pretrain --resume --out <DIR> [<options>]
      """,
    discussion: """
      Round 1 clusters MFCCs and trains the model to predict the clusters of masked frames; every further round clusters \
      a layer of the model before, as round 1 does of --model. A stage whose inputs are as they were is not done again. OUT/model is the last \
      round's model, which transformers loads as HubertModel and finetune takes as --model; OUT/round-N holds a round's \
      clusters, checkpoints, metrics.jsonl and report.html. Every option is also a key of the YAML file of --config, of \
      the same name; a flag beats the file.
      """)

  @Option(help: ArgumentHelp("Options, in YAML.", valueName: "FILE.yaml"))
  var config: String?

  @Flag(help: "Go on in --out, with the options it was begun with.")
  var resume = false

  @OptionGroup(title: title(.data)) var data: PretrainDataFlags
  @OptionGroup(title: title(.rounds)) var rounds: PretrainRoundFlags
  @OptionGroup(title: title(.rate)) var rate: PretrainRateFlags
  @OptionGroup(title: title(.optimizer)) var optimizer: PretrainOptimizerFlags
  @OptionGroup(title: title(.objective)) var objective: PretrainObjectiveFlags
  @OptionGroup(title: title(.regularization)) var regularization: PretrainRegularizationFlags
  @OptionGroup(title: title(.batches)) var batches: PretrainBatchFlags
  @OptionGroup(title: title(.checkpoints)) var checkpoints: PretrainCheckpointFlags
  @OptionGroup(title: title(.machine)) var machine: PretrainMachineFlags

  private var groups: [any OptionFlags] {
    [data, rounds, rate, optimizer, objective, regularization, batches, checkpoints, machine]
  }

  func run() throws {
    let options = try resolvedOptions(
      PretrainOptions.self, groups: groups, file: config, resumes: resume, isQuiet: machine.quiet)
    var session = PretrainSession(options)
    try session.start()
  }
}

/// The heading of a group in the help.
private func title(_ section: PretrainOptions.Section) -> String { section.rawValue }
