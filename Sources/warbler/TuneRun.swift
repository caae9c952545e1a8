import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `tune`, from the emissions to the best decoder.
struct TuneRun: CommandRun {
  private let command: TuneCommand
  private let decoder: DecoderChoice
  private let axes: [TuningAxis]
  private let metric: TuningMetric
  private let widths: [Int]
  private let threads: Int
  var console: Console

  init(_ command: TuneCommand) throws(UsageError) {
    self.command = command
    decoder = try DecoderChoice(parsing: command.decoder)
    guard decoder.beam != nil else {
      throw UsageError("--decoder \(command.decoder): it has no weights; give beam:key=value,...")
    }
    var axes: [TuningAxis] = []
    for text in command.over {
      let axis = try TuningAxis(parsing: text)
      if axes.contains(where: { $0.key == axis.key }) {
        throw UsageError("--over \(text): \(axis.key) stands twice; give one range")
      }
      axes.append(axis)
    }
    self.axes = axes
    metric = try choice("--metric", command.metric, TuningMetric.self)
    var widths: [Int] = []
    for part in command.widths.split(separator: ",", omittingEmptySubsequences: false) where !part.isEmpty {
      guard let width = Int(part), (1...100_000).contains(width) else {
        throw UsageError(
          "--widths \(command.widths): expected whole numbers from 1 to 100000, like 25,50,100")
      }
      widths.append(width)
    }
    self.widths = widths
    guard command.evaluations > 0 else {
      throw UsageError("--evaluations \(command.evaluations): expected 1 or more")
    }
    threads = try command.threads.count()
    console = Console(isQuiet: command.quiet)
  }

  mutating func run() throws {
    let set = try TuningSet(
      emissions: command.emissions, manifest: command.ref, vocabulary: command.vocab,
      blankToken: command.blank)
    for failure in set.failures { console.failure("\(failure)") }
    guard set.count > 0 else {
      if set.failures.isEmpty { console.failure("\(command.ref): no utterance to tune on") }
      throw ExitCode(1)
    }
    var tuning = try DecoderTuning(decoder, over: axes, on: set, metric: metric, threads: threads)
    let surface = try command.surface.map { path throws(ResultOutput.Failure) in try ResultOutput(path: path)
    }
    try surface?.write(TuningPoint.header(tuning.axes) + "\n")
    var best: TuningPoint?
    var count = 0
    var console = console
    try tuning.search(limit: command.evaluations, shouldStop: { Interruption.signal != nil }) { point in
      try surface?.write(point.row + "\n")
      count += 1
      if best.map({ metric.isBetter(point, than: $0) }) ?? true {
        best = point
        console.note("\(count): \(point.summary)  \(point.decoder)")
      }
    }
    let measured = try tuning.measure(widths: widths, shouldStop: { Interruption.signal != nil })
    guard let best = tuning.best, let given = tuning.points.first else { throw ExitCode(stopCode ?? 1) }
    for point in measured {
      console.note("width \(point.width): \(point.summary)")
    }
    console.note(
      "\(set.count) utterances, \(tuning.points.count) decoders; as given (nearest weights tried): \(given.summary)"
    )
    console.note("best: \(best.summary)")
    let output = try ResultOutput(path: nil)
    try output.write(
      (command.json
        ? TuningPoint.jsonLine(
          best: best, given: given, widths: measured, evaluations: tuning.points.count, utterances: set.count)
        : "\(best.decoder)") + "\n")
    if let stopCode { throw ExitCode(stopCode) }
    if !set.failures.isEmpty { throw ExitCode(3) }
  }

  /// What a signal ends the run with; what was found until then has been printed.
  private var stopCode: Int32? { Interruption.signal.map { 128 + $0 } }
}
