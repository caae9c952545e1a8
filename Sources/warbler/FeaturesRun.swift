import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `features`, from the list of inputs to the exit code.
struct FeaturesRun: CommandRun {
  private let settings: FeaturesSettings
  var console: Console

  init(_ settings: FeaturesSettings) {
    self.settings = settings
    console = Console(isQuiet: settings.isQuiet)
  }

  mutating func run() throws {
    let entries = InputListing(settings.recordings.inputs).entries
    let pipeline = try FeaturePipeline(
      modelDirectory: settings.model, layer: settings.layer, type: settings.type,
      threads: settings.recordings.threads, options: settings.recordings.options)
    let destination = try settings.destination()
    var progress = InputProgress(total: entries.count, verb: "computed")
    try pipeline.run(destination.refusing(entries), shouldStop: { Interruption.signal != nil }) { event in
      deliver(event, destination, &progress)
    }
    // What is done is kept, whatever ended the run.
    try destination.finish()
    console.erase()
    if let signal = Interruption.signal, !progress.isComplete {
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): \(progress.summary)")
      throw ExitCode(128 + signal)
    }
    if progress.done > 0 || progress.failed == 0 { console.note(progress.summary) }
    if progress.failed > 0 { throw ExitCode(progress.done > 0 ? 3 : 1) }
  }

  private mutating func deliver(
    _ event: FeaturePipeline.Event, _ destination: any FrameDestination, _ progress: inout InputProgress
  ) {
    switch event {
    case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
    case .failure(let failure): fail(failure, &progress)
    case .features(let utterance, let rows, let seconds):
      do throws(InputFailure) {
        try destination.write(rows, as: settings.type, id: utterance.id)
        progress.add(durationSeconds: seconds)
      } catch { fail(error, &progress) }
    }
    if !progress.isComplete { console.progress(progress.line, isDue: progress.isDue()) }
  }

  private mutating func fail(_ failure: InputFailure, _ progress: inout InputProgress) {
    console.failure("\(failure)")
    progress.addFailure()
  }
}
