import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `corpus audit`.
struct CorpusAuditRun: CommandRun {
  private let command: CorpusAuditCommand
  private let audit: LabelAudit
  private let measure: LabelEvidence.Measure
  /// The systems' names: decoders, behind their models where there are several.
  private let systems: [String]
  var console: Console

  init(_ command: CorpusAuditCommand) throws(UsageError) {
    self.command = command
    guard !command.model.isEmpty else {
      throw UsageError("--model: expected a model's directory, found none")
    }
    guard command.top >= 0 else { throw UsageError("--top \(command.top): expected 0 (all) or more") }
    measure = try choice("--by", command.by, LabelEvidence.Measure.self)
    var audit = LabelAudit(models: command.model)
    var decoders: [DecoderChoice] = []
    for text in command.decoder { decoders.append(try DecoderChoice(parsing: text)) }
    if !decoders.isEmpty { audit.decoders = decoders }
    audit.language = command.language
    audit.threads = try command.threads.count()
    self.audit = audit
    systems = audit.models.flatMap { model in
      audit.decoders.map { audit.models.count > 1 ? "\(model) \($0)" : "\($0)" }
    }
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    let output = try ResultOutput(path: nil)
    let rows = InputListing([command.manifest]).entries.count
    var progress = InputProgress(total: rows * audit.models.count, verb: "looked at")
    var console = console
    let found = try audit.run(
      manifest: command.manifest, rankedBy: measure, shouldStop: { Interruption.signal != nil }
    ) { event in
      switch event {
      case .done(let seconds): progress.add(durationSeconds: seconds)
      case .failed: progress.addFailure()
      case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
      }
      console.progress(progress.line, isDue: progress.isDue())
    }
    console.erase()
    guard let found else {
      let signal = Interruption.signal ?? SIGTERM
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): nothing is reported")
      throw ExitCode(128 + signal)
    }
    for failure in found.failures { console.failure("\(failure)") }
    let shown = command.top == 0 ? found.evidence.count : min(command.top, found.evidence.count)
    for (place, evidence) in found.evidence.prefix(shown).enumerated() {
      let text =
        command.json
        ? evidence.jsonLine(rank: place + 1, systems: systems)
        : evidence.text(rank: place + 1, systems: systems) + "\n"
      try output.write(text + "\n")
    }
    console.note(
      "\(found.evidence.count) of \(rows) rows ranked by \(measure.rawValue), \(shown) shown; listen to them before "
        + "you change a text")
    if !found.failures.isEmpty { throw ExitCode(found.evidence.isEmpty ? 1 : 3) }
  }
}
