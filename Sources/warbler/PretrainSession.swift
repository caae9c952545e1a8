import ArgumentParser
import Pretraining
import Training
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `pretrain`, from the options to the exit code: what happens is written to stderr.
final class PretrainSession: CommandRun {
  private let options: PretrainOptions
  var console: Console
  private var progress: TrainingProgress?

  init(_ options: PretrainOptions) {
    self.options = options
    console = Console(isQuiet: options.quiet)
  }

  func run() throws {
    let outcome = try PretrainRun(options: options).run(shouldStop: { Interruption.signal != nil }) { event in
      self.deliver(event)
    }
    console.erase()
    let next = "go on with: warbler pretrain --resume --out \(options.out)"
    switch outcome {
    case .finished: break
    case .timeIsUp:
      console.note("stopped and saved after \(shortNumber(options.maxMinutes ?? 0)) minutes; \(next)")
    case .interrupted:
      guard let signal = Interruption.signal else { break }
      console.note("stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM") and saved; \(next)")
      throw ExitCode(128 + signal)
    }
  }

  private func deliver(_ event: PretrainEvent) {
    switch event {
    case .note(let line): console.note(line)
    case .started(let round, let step, let total):
      console.note(
        "round \(round): training, \(step == 0 ? "\(total) steps" : "steps \(step + 1) to \(total)")")
      progress = TrainingProgress(total: total, from: step)
    case .step(let record): progress?.add(record)
    case .evaluation(let record):
      console.note(
        "step \(record.step): dev loss \(shortNumber(record.loss)) and accuracy \(rate(record.maskedAccuracy)) at "
          + "masked frames, \(rate(record.codeUsage)) of the clusters in use")
    case .saved(let step, let path): console.note("step \(step): saved \(path)")
    }
    if let progress, progress.step < progress.total {
      console.progress(progress.line, isDue: self.progress?.isDue() ?? false)
    }
  }

  private func rate(_ part: Double) -> String { part.isFinite ? "\(shortNumber(100 * part)) %" : "unknown" }
}
