import ArgumentParser

/// `warbler lm`.
struct LanguageModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lm", abstract: "Build, use and change n-gram language models.",
    subcommands: [
      LanguageModelScoreCommand.self, LanguageModelConvertCommand.self, LanguageModelBuildCommand.self,
      LanguageModelPruneCommand.self, LanguageModelInterpolateCommand.self,
    ])
}
