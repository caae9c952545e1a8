import ArgumentParser

/// `warbler lm`.
struct LanguageModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lm", abstract: "Use n-gram language models.",
    subcommands: [
      LanguageModelScoreCommand.self, LanguageModelConvertCommand.self,
    ])
}
