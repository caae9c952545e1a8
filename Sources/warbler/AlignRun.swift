import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `align`, from the list of inputs to the exit code.
struct AlignRun: CommandRun {
  private let settings: AlignSettings
  var console: Console

  init(_ settings: AlignSettings) {
    self.settings = settings
    console = Console(isQuiet: settings.isQuiet)
  }

  mutating func run() throws {
    switch settings.origin {
    case .recordings(let model):
      let text = try settings.text.map { argument throws(InputFailure) in try GivenText(argument).text }
      let entries = try InputEntry.entries(InputListing(settings.recordings.inputs).entries, text: text)
      let pipeline = try AlignPipeline(
        modelDirectory: model, language: settings.language, threads: settings.recordings.threads,
        options: settings.options, recordings: settings.recordings.options)
      try run(inputs: entries.count) { try pipeline.run(entries, shouldStop: $0, deliver: $1) }
    case .emissions(let vocabulary, let blank, var texts):
      if case .one(let argument) = texts { texts = .one(try GivenText(argument).text) }
      let pipeline = try EmissionAlignPipeline(
        settings.recordings.inputs, texts: texts, vocabulary: vocabulary, blankToken: blank,
        options: settings.options)
      try run(inputs: pipeline.entries.count) { try pipeline.run(shouldStop: $0, deliver: $1) }
    }
  }

  /// - Parameter align: gives an event an input.
  private mutating func run(
    inputs: Int,
    _ align: (_ shouldStop: () -> Bool, _ deliver: (AlignPipeline.Event) throws -> Void) throws -> Void
  ) throws {
    let output = try DocumentOutput(
      path: settings.out, documentExtension: settings.format.documentExtension,
      format: settings.format.rawValue, inputs: inputs)
    var progress = InputProgress(total: inputs, verb: "aligned")
    try align({ Interruption.signal != nil }) { event in
      try deliver(event, output, &progress)
    }
    console.erase()
    if let signal = Interruption.signal, !progress.isComplete {
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): \(progress.summary)")
      throw ExitCode(128 + signal)
    }
    if progress.done > 0 || progress.failed == 0 { console.note(progress.summary) }
    if progress.failed > 0 { throw ExitCode(progress.done > 0 ? 3 : 1) }
  }

  private mutating func deliver(
    _ event: AlignPipeline.Event, _ output: DocumentOutput, _ progress: inout InputProgress
  ) throws {
    switch event {
    case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
    case .failure(let failure): fail(failure, &progress)
    case .alignment(let alignment):
      do {
        console.erase()
        try output.write(settings.format.text(alignment), id: alignment.id)
        for note in alignment.notes { console.note(note) }
        progress.add(durationSeconds: alignment.durationSeconds)
      } catch let failure as InputFailure { fail(failure, &progress) }
    }
    if !progress.isComplete { console.progress(progress.line, isDue: progress.isDue()) }
  }

  private mutating func fail(_ failure: InputFailure, _ progress: inout InputProgress) {
    console.failure("\(failure)")
    progress.addFailure()
  }
}
