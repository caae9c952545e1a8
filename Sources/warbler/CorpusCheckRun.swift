import ArgumentParser
import Training
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `corpus check`.
struct CorpusCheckRun: CommandRun {
  private let command: CorpusCheckCommand
  var console: Console

  init(_ command: CorpusCheckCommand) {
    self.command = command
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    let checker = try checker()
    let output = try ResultOutput(path: nil)
    let start = monotonicSeconds()
    var lastLine = start
    let report = try checker.run(
      train: command.manifest, dev: command.dev, shouldStop: { Interruption.signal != nil }
    ) { progress in
      let now = monotonicSeconds()
      let isDue = now - lastLine >= Self.interval
      if isDue { lastLine = now }
      console.progress(Self.line(progress, elapsed: now - start), isDue: isDue)
    }
    console.erase()
    guard let report else {
      let signal = Interruption.signal ?? SIGTERM
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): nothing is reported")
      throw ExitCode(128 + signal)
    }
    if command.json {
      for line in report.jsonLines { try output.write(line + "\n") }
    } else {
      for finding in report.findings { try output.write(report.text(of: finding) + "\n") }
      try output.write(report.summary + "\n")
    }
    try leave(report)
  }

  /// Seconds between plain lines of progress.
  private static let interval = 10.0

  private static func line(_ progress: CorpusChecker.Progress, elapsed: Double) -> String {
    let rate = elapsed > 0 ? Int(progress.audioSeconds / elapsed) : 0
    return progressLine(
      part: Double(progress.rows) / Double(max(1, progress.total)),
      "\(progress.rows)/\(progress.total)  \(rate)x real time", elapsedSeconds: elapsed)
  }

  private func checker() throws -> CorpusChecker {
    var options = CorpusCheckOptions()
    options.leastSeconds = command.minSeconds
    options.mostSeconds = command.maxSeconds
    var checker =
      try command.model.map {
        try CorpusChecker(model: $0, language: command.language, rules: command.rules, options: options)
      }
      ?? CorpusChecker(
        check: CorpusCheck(
          encoder: try command.vocab.map { try TranscriptEncoder(vocabularyPath: $0, rules: command.rules) }
            ?? TranscriptEncoder(vocabulary: nil),
          options: options))
    checker.threads = try command.threads.count()
    return checker
  }

  private mutating func leave(_ report: CorpusReport) throws {
    if report.train.usable.isEmpty {
      console.failure("\(command.manifest): no row that training can use; correct those above")
      throw ExitCode(1)
    }
    if report.train.rejectedCount + report.dev.rejectedCount > 0 { throw ExitCode(3) }
  }
}
