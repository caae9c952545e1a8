import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `probe`, from the manifest to the exit code.
struct ProbeRun: CommandRun {
  private let command: ProbeCommand
  private let options: LayerProbe.Options
  var console: Console

  init(_ command: ProbeCommand) throws(UsageError) {
    self.command = command
    console = Console(isQuiet: command.quiet)
    guard (1...65_536).contains(command.clusters) else {
      throw UsageError("--clusters \(command.clusters): expected 1 to 65536")
    }
    var options = LayerProbe.Options()
    options.threads = try command.threads.count()
    options.clusters = command.clusters
    options.layers = try ProbeLayer.list(parsing: command.layers)
    options.seed = command.seed
    self.options = options
  }

  mutating func run() throws {
    let probe = try LayerProbe(
      model: withoutTrailingSlash(command.model), aligner: withoutTrailingSlash(command.aligner),
      options: options)
    let output = try ResultOutput(path: nil)
    var failures = 0
    var lastLine = monotonicSeconds()
    let report = try probe.run(manifest: command.manifest, shouldStop: { Interruption.signal != nil }) {
      event in
      switch event {
      case .failure(let failure):
        failures += 1
        console.failure("\(failure)")
      case .underway(let stage, let part):
        let now = monotonicSeconds()
        let isDue = now - lastLine >= Self.interval
        if isDue { lastLine = now }
        console.progress(part.map { "\(progressBar($0)) \(stage)" } ?? stage, isDue: isDue)
      }
    }
    console.erase()
    guard let report else {
      let signal = Interruption.signal ?? SIGTERM
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): nothing is reported")
      throw ExitCode(128 + signal)
    }
    try output.write(command.json ? report.json + "\n" : report.text)
    if failures > 0 { throw ExitCode(3) }
  }

  /// Seconds between plain lines of progress.
  private static let interval = 10.0
}
