import ArgumentParser
import Evaluation
import Workbench

/// One call of `score`.
struct ScoreRun: CommandRun {
  private let command: ScoreCommand
  private let threads: Int
  private var files = ScoringSet.Options()
  private var options = ScoringOptions()
  var console: Console

  init(_ command: ScoreCommand) throws(UsageError) {
    self.command = command
    threads = try command.threads.count()
    console = Console(isQuiet: command.quiet)
    if let format = command.refFormat {
      files.referenceFormat = try choice("--ref-format", format, ScoringFormat.self)
    }
    if let format = command.hypFormat {
      files.hypothesisFormat = try choice("--hyp-format", format, ScoringFormat.self)
    }
    if let notation = command.notation {
      files.notation = try choice("--notation", notation, ReferenceNotation.self)
    }
    for field in command.by where !files.fields.contains(field) { files.fields.append(field) }
    files.countsMissingAsEmpty = command.missingAsEmpty
    options.costs = try choice("--costs", command.costs, EditCosts.self)
    options.unit = try choice("--cjk", command.cjk, CJKUnit.self) == .characters ? .mixed : .spaced
    options.keepsAlignments = command.alignments || command.confusions > 0
  }

  mutating func run() throws {
    options.rules =
      try command.vocab.map { try .vocabulary($0) } ?? .named(command.rules)
    let scoring = try ScoringRun(
      reference: command.ref, hypothesis: command.hyp, files: files, options: options)
    for remark in scoring.set.remarks { console.note(remark) }
    guard let report = try scoring.report(threads: threads, shouldStop: { Interruption.signal != nil }) else {
      throw ExitCode(128 + (Interruption.signal ?? 0))
    }
    let output = try ResultOutput(path: nil)
    if command.json {
      let parts = report.jsonParts(
        options: options, confusions: command.confusions, withAlignments: command.alignments, threads: threads
      )
      for part in parts { try output.write(bytes: part) }
      return
    }
    if command.alignments {
      for utterance in report.utterances { try output.write(utterance.alignmentText + "\n") }
    }
    try output.write(report.text(options: options, confusions: command.confusions))
  }
}
