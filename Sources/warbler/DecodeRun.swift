import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `decode`, from the list of inputs to the exit code.
struct DecodeRun {
  private let settings: DecodeSettings
  private var console: Console

  init(_ settings: DecodeSettings) {
    self.settings = settings
    console = Console(isQuiet: settings.isQuiet)
  }

  /// Decodes, and leaves through an exit code where that is not 0.
  mutating func start() throws {
    Interruption.install()
    do {
      try run()
    } catch let exit as ExitCode {
      throw exit
    } catch ResultOutput.Failure.closed {
      console.erase()
      ResultOutput.endByClosedPipe()
    } catch ResultOutput.Failure.failed(let reason) {
      console.failure(reason)
      throw ExitCode(1)
    } catch {
      console.failure("\(error)")
      throw ExitCode(1)
    }
  }

  private mutating func run() throws {
    var entries = InputListing(settings.inputs).entries
    let pipeline = try DecodePipeline(
      modelDirectory: settings.model, language: settings.language, threads: settings.threads,
      options: settings.options)
    let folder = try settings.emissions.map { directory throws(InputFailure) in
      try EmissionsFolder(directory: directory)
    }
    if let folder { entries = folder.refusing(entries) }
    let output = try ResultOutput(path: settings.out)
    var progress = DecodeProgress(total: entries.count)
    try pipeline.run(entries, shouldStop: { Interruption.signal != nil }) { event in
      try deliver(event, output, folder, &progress)
    }
    console.erase()
    if let signal = Interruption.signal, !progress.isComplete {
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): \(progress.summary)")
      throw ExitCode(128 + signal)
    }
    if progress.decoded > 0 || progress.failed == 0 { console.note(progress.summary) }
    if progress.failed > 0 { throw ExitCode(progress.decoded > 0 ? 3 : 1) }
  }

  private mutating func deliver(
    _ event: DecodePipeline.Event, _ output: ResultOutput, _ folder: EmissionsFolder?,
    _ progress: inout DecodeProgress
  ) throws {
    switch event {
    case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
    case .failure(let failure):
      console.failure("\(failure)")
      progress.addFailure()
    case .transcript(let transcript, let emissions):
      do {
        try folder?.write(emissions, id: transcript.id)
        console.erase()
        try output.write(settings.format.line(transcript, withID: progress.total > 1))
        progress.add(transcript)
      } catch let failure as InputFailure {
        console.failure("\(failure)")
        progress.addFailure()
      }
    }
    if !progress.isComplete { console.progress(progress.line, isDue: progress.isDue()) }
  }
}
