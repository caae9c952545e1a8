import ArgumentParser
import Training
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of `finetune`, from the options to the exit code: what happens is written to stderr.
///
/// A class, because events arrive in a closure that may outlive the call.
final class FinetuneSession: CommandRun {
  private let options: FinetuneOptions
  var console: Console
  private var progress: TrainingProgress?

  init(_ options: FinetuneOptions) {
    self.options = options
    console = Console(isQuiet: options.quiet)
  }

  func run() throws {
    let outcome = try FinetuneRun(options: options).run(shouldStop: { Interruption.signal != nil }) { event in
      self.deliver(event)
    }
    console.erase()
    if outcome == .interrupted, let signal = Interruption.signal {
      let name = signal == SIGINT ? "SIGINT" : "SIGTERM"
      console.note("stopped by \(name) and saved; go on with: warbler finetune --resume --out \(options.out)")
      throw ExitCode(128 + signal)
    }
    if outcome == .interruptedBeforeSteps, let signal = Interruption.signal {
      console.note(
        "stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM") before the first step; nothing was changed")
      throw ExitCode(128 + signal)
    }
    if outcome == .stoppedEarly {
      console.note("no new best for \(options.earlyStopping) evaluations: stopped early")
    }
  }

  private func deliver(_ event: FinetuneEvent) {
    switch event {
    case .started(let step, let total): progress = TrainingProgress(total: total, from: step)
    case .note(let line): console.note(line)
    case .step(let record): progress?.add(record)
    case .evaluation(let record, let isBest):
      console.note(
        "step \(record.step): dev loss \(shortNumber(record.loss)), WER \(rate(record.wer)), "
          + "CER \(rate(record.cer))" + (isBest ? ", the best so far" : ""))
    case .saved(let step, let path): console.note("step \(step): saved \(path)")
    }
    if let progress, progress.step < progress.total {
      console.progress(progress.line, isDue: self.progress?.isDue() ?? false)
    }
  }

  private func rate(_ part: Double) -> String { part.isFinite ? "\(shortNumber(100 * part)) %" : "unknown" }
}
