import ArgumentParser

@main
struct Warbler: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "warbler",
    abstract: "Decodes speech with HuBERT-family CTC models, fine-tunes and pre-trains them.",
    discussion: """
      Results go to stdout, everything else to stderr. Exit codes: 0 all done; 1 nothing done; 3 some inputs failed, each \
      named on stderr; 64 wrong usage; 130 or 143 stopped by a signal.
      """,
    subcommands: [
      DecodeCommand.self, AlignCommand.self, ScoreCommand.self, TuneCommand.self, FinetuneCommand.self,
      PretrainCommand.self,
      ClusterCommand.self, FeaturesCommand.self, ProbeCommand.self, CorpusCommand.self,
      CheckpointCommand.self, LanguageModelCommand.self,
      StoreCommand.self, BenchCommand.self,
    ])
}
