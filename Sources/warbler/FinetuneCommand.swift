import ArgumentParser
import Training

/// `warbler finetune`: adapts a checkpoint to labelled speech.
struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Fine-tune a model on labelled speech with CTC.",
    usage: """
      warbler finetune (--model <MODEL> | --init <CONFIG.json>) --train <MANIFEST> --dev <MANIFEST> --out <DIR> [<options>]
      warbler finetune --resume --out <DIR> [<options>]
      """,
    discussion: """
      Every option is also a key of the YAML file of --config, of the same name; a flag beats the file. OUT/config.yaml \
      holds them as resolved, OUT/metrics.jsonl a line a step, OUT/best and OUT/last the checkpoints, OUT/report.html \
      the curves.
      """)

  @Option(help: ArgumentHelp("Options, in YAML.", valueName: "FILE.yaml"))
  var config: String?

  @Flag(help: "Go on from the newest checkpoint in --out, with the options it was begun with.")
  var resume = false

  @OptionGroup(title: title(.data)) var data: DataFlags
  @OptionGroup(title: title(.rate)) var rate: RateFlags
  @OptionGroup(title: title(.optimizer)) var optimizer: OptimizerFlags
  @OptionGroup(title: title(.regularization)) var regularization: RegularizationFlags
  @OptionGroup(title: title(.lora)) var lora: LoRAFlags
  @OptionGroup(title: title(.batches)) var batches: BatchesFlags
  @OptionGroup(title: title(.checkpoints)) var checkpoints: CheckpointsFlags
  @OptionGroup(title: title(.machine)) var machine: MachineFlags

  private var groups: [any OptionFlags] {
    [data, rate, optimizer, regularization, lora, batches, checkpoints, machine]
  }

  func run() throws {
    let options = try resolvedOptions(
      FinetuneOptions.self, groups: groups, file: config, resumes: resume, isQuiet: machine.quiet)
    var session = FinetuneSession(options)
    try session.start()
  }
}

/// The heading of a group in the help.
private func title(_ section: FinetuneOption.Section) -> String { section.rawValue }
