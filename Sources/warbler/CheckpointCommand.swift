import ArgumentParser
import Workbench

/// `warbler checkpoint`.
struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Look into checkpoints.",
    subcommands: [CheckpointInspectCommand.self])
}

/// `warbler checkpoint inspect MODEL`.
struct CheckpointInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a checkpoint is.",
    discussion: """
      Reads the configuration, the vocabulary and the headers of the weights; the weights themselves are not read. \
      Exits with 1 if the checkpoint cannot be decoded with, or, being one of pre-training, fine-tuned, after saying why.
      """)

  @Argument(help: "A directory in Hugging Face's layout.")
  var model: String

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let report = try CheckpointReport(directory: model)
    print(json ? report.json : report.text)
    if let problem = report.problems.first {
      throw CheckpointProblem(description: problem, count: report.problems.count)
    }
  }
}

/// The checkpoint has been reported on, and cannot be used.
private struct CheckpointProblem: Error, CustomStringConvertible {
  let description: String

  init(description: String, count: Int) {
    self.description = description + (count > 1 ? " (and \(count - 1) more problems)" : "")
  }
}
