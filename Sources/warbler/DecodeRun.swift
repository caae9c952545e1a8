import ArgumentParser
import Checkpoints
import Store
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `decode`, from the list of inputs to the exit code.
struct DecodeRun: CommandRun {
  private let settings: DecodeSettings
  var console: Console

  init(_ settings: DecodeSettings) {
    self.settings = settings
    console = Console(isQuiet: settings.isQuiet)
  }

  mutating func run() throws {
    // A wrong file is known before the model is loaded, and none is made for a wrong model.
    if let store = settings.store { try Store.checkFile(store) }
    let folder: FrameFolder?
    let source: any TranscriptSource
    let model: LoadedModel?
    switch settings.origin {
    case .recordings(let directory):
      let entries = InputListing(settings.inputs).entries
      let pipeline = try DecodePipeline(
        modelDirectory: directory, language: settings.language, decoder: settings.decoder,
        threads: settings.threads, options: settings.options)
      folder = try settings.emissions.map { directory throws(InputFailure) in
        try FrameFolder(directory: directory)
      }
      source = RecordingSource(folder?.refusing(entries) ?? entries, through: pipeline)
      model = pipeline.model
    case .emissions(let vocabulary, let blank):
      folder = nil
      source = try EmissionPipeline(
        settings.inputs, vocabulary: vocabulary, blankToken: blank, decoder: settings.decoder,
        identifiesSound: settings.store != nil)
      model = nil
    }
    let entries = source.entries
    let output = try DocumentOutput(
      path: settings.out, documentExtension: settings.format.documentExtension,
      format: settings.format.rawValue, inputs: entries.count)
    let recorder = try recorder(of: model, entries)
    var progress = InputProgress(total: entries.count, verb: "decoded")
    do {
      try source.run(shouldStop: { Interruption.signal != nil }) { event in
        try deliver(event, output, folder, recorder, &progress)
      }
    } catch {
      // The reason that the run ends for comes first; the store may be that reason.
      try? recorder?.end(because: error)
      throw error
    }
    console.erase()
    if let signal = Interruption.signal, !progress.isComplete {
      let name = signal == SIGINT ? "SIGINT" : "SIGTERM"
      try recorder?.end(as: .interrupted, message: name)
      console.note("stopped by \(name): \(progress.summary)")
      throw ExitCode(128 + signal)
    }
    try recorder?.end(as: .finished)
    if progress.done > 0 || progress.failed == 0 { console.note(progress.summary) }
    if progress.failed > 0 { throw ExitCode(progress.done > 0 ? 3 : 1) }
  }

  /// nil without a store, or with nothing that could be decoded.
  private func recorder(of model: LoadedModel?, _ entries: [InputEntry]) throws -> DecodeRecorder? {
    let isFutile = entries.allSatisfy { if case .failure = $0 { true } else { false } }
    guard let path = settings.store, !isFutile else { return nil }
    return try DecodeRecorder(
      store: Store(path: path), model: model, decoder: settings.decoder,
      precision: settings.precision,
      settings: settings.document, inputs: entries.count)
  }

  private mutating func deliver(
    _ event: DecodePipeline.Event, _ output: DocumentOutput, _ folder: FrameFolder?,
    _ recorder: DecodeRecorder?, _ progress: inout InputProgress
  ) throws {
    switch event {
    case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
    case .failure(let failure):
      fail(failure, recorder, &progress)
    case .transcript(let transcript, let emissions):
      do {
        try folder?.write(FrameRows(emissions), as: .float32, id: transcript.id)
        // First the store: what has been delivered is in it, whatever happens.
        try recorder?.add(transcript)
        console.erase()
        try output.write(settings.format.text(transcript, withID: progress.total > 1), id: transcript.id)
        progress.add(durationSeconds: transcript.durationSeconds)
      } catch let failure as InputFailure {
        fail(failure, recorder, &progress)
      }
    }
    if !progress.isComplete { console.progress(progress.line, isDue: progress.isDue()) }
  }

  private mutating func fail(
    _ failure: InputFailure, _ recorder: DecodeRecorder?, _ progress: inout InputProgress
  ) {
    console.failure("\(failure)")
    recorder?.addFailure()
    progress.addFailure()
  }
}

extension DecodeRecorder {
  /// Ends the run early, as what the error makes it.
  fileprivate func end(because error: any Error) throws(StoreError) {
    switch error {
    case ResultOutput.Failure.closed: try end(as: .interrupted, message: "stdout was closed")
    case ResultOutput.Failure.failed(let reason): try end(as: .failed, message: reason)
    default: try end(as: .failed, message: "\(error)")
    }
  }
}
