import ArgumentParser
import Evaluation
import JSON
import Store
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `compare`, from the systems to the page.
struct CompareRun: CommandRun {
  private let settings: CompareSettings
  var console: Console

  init(_ settings: CompareSettings) {
    self.settings = settings
    console = Console(isQuiet: settings.isQuiet)
  }

  mutating func run() throws {
    // A wrong file is known before the models run.
    if settings.isKept { try Store.checkFile(settings.store) }
    let page = try settings.html.map { path throws(ResultOutput.Failure) in try PageFile(path) }
    defer { page?.discard() }
    guard let input = try input() else { throw stopped() }
    for failure in input.failures { console.failure("\(failure)") }
    for remark in input.remarks { console.note(remark) }
    guard !input.utterances.isEmpty else {
      if input.failures.isEmpty { console.failure("\(title): no utterance to compare on") }
      throw ExitCode(1)
    }
    var scoring = ScoringOptions()
    scoring.unit = settings.unit
    scoring.rules = try rules()
    guard
      let result = try ComparisonResult(
        input, title: title, scoring: scoring, bootstrap: settings.bootstrap, threads: settings.threads,
        shouldStop: { Interruption.signal != nil })
    else { throw stopped() }
    if let page {
      let carried = try result.writePage(soundBytes: settings.soundBytes) { try page.write($0) }
      try page.finish()
      console.note("\(page.path): \(carried) of \(input.utterances.count) utterances with their sound")
    }
    if settings.isKept {
      let id = try Store(path: settings.store).add(
        comparison: title, figures: result.document(withUtterances: false), version: warblerVersion)
      console.note("kept in \(settings.store) as \(id)")
    }
    let output = try ResultOutput(path: nil)
    try output.write(
      settings.isJSON
        ? result.document(withUtterances: true).text(.spaced) + "\n"
        : result.text(top: settings.top, usesColor: isatty(1) == 1 && getenv("NO_COLOR") == nil))
    if !input.failures.isEmpty { throw ExitCode(3) }
  }

  /// What heads the page and stands in the store's list.
  private var title: String {
    switch settings.origin {
    case .models(let manifest, _): manifest
    case .runs(let reference, _), .files(let reference, _): reference
    }
  }

  private mutating func input() throws -> ComparisonInput? {
    switch settings.origin {
    case .models(let manifest, let run):
      let rows = InputListing([manifest]).entries.count
      var progress = InputProgress(total: rows * run.models.count, verb: "decoded")
      var console = console
      defer { self.console = console }
      let input = try ComparisonInput(
        decoding: manifest, run, shouldStop: { Interruption.signal != nil }
      ) { event in
        switch event {
        case .done(let seconds): progress.add(durationSeconds: seconds)
        case .failed: progress.addFailure()
        case .underway(let part, let seconds): progress.advance(to: part, audioSeconds: seconds)
        }
        console.progress(progress.line, isDue: progress.isDue())
      }
      console.erase()
      return input
    case .runs(let reference, let ids):
      let store = try Store(path: settings.store, access: .existing)
      return try ComparisonInput(
        reference: reference, try ids.map { try ComparisonInput.Texts(run: $0, of: store) },
        names: settings.names, options: settings.files)
    case .files(let reference, let hypotheses):
      return try ComparisonInput(
        reference: reference, try hypotheses.map { try ComparisonInput.Texts(path: $0) },
        names: settings.names, options: settings.files)
    }
  }

  private func rules() throws -> ScoringRules {
    if let name = settings.rules { return try .named(name) }
    guard case .models(_, let run) = settings.origin else { return .none }
    let all = try run.models.map { try ScoringRules.vocabulary("\($0)/vocab.json") }
    return all.allSatisfy { $0.document == all[0].document } ? all[0] : .basic
  }

  private mutating func stopped() -> ExitCode {
    let signal = Interruption.signal ?? SIGTERM
    console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM"): nothing is compared")
    return ExitCode(128 + signal)
  }
}

/// The file of a page, which appears complete or not at all.
private struct PageFile {
  let path: String
  private let unfinished: String
  private let output: ResultOutput

  /// - Throws: one line for a place where none can be made.
  init(_ path: String) throws(ResultOutput.Failure) {
    self.path = path
    let unfinished = "\(path).\(getpid()).part"
    self.unfinished = unfinished
    do { output = try ResultOutput(path: unfinished) } catch .failed(let reason) {
      throw .failed(reason.replacing(unfinished, with: path))
    }
  }

  func write(_ bytes: [UInt8]) throws(ResultOutput.Failure) {
    do { try output.write(bytes: bytes) } catch .failed(let reason) {
      throw .failed(reason.replacing(unfinished, with: path))
    }
  }

  func finish() throws {
    guard rename(unfinished, path) == 0 else {
      let reason = String(cString: strerror(errno))
      throw InputFailure("\(path): cannot be written: \(reason); check the path and its permissions")
    }
  }

  /// Takes away what was not finished.
  func discard() { unlink(unfinished) }
}
