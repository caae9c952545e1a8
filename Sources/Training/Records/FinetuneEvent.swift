/// What a training tells whoever watches it.
public enum FinetuneEvent: Sendable, Equatable {
  /// The data is read, and steps begin behind `step`, of `total` in all.
  case started(step: Int, total: Int)
  /// Something to know, in one line: rows left out, what a cache holds, what a diagnosis found.
  case note(String)
  case step(StepRecord)
  case evaluation(EvaluationRecord, isBest: Bool)
  /// A checkpoint is complete.
  case saved(step: Int, path: String)
}

/// How a training ended.
public enum FinetuneOutcome: Sendable, Equatable {
  case finished
  /// There was no new best for as many evaluations as the options say.
  case stoppedEarly
  /// It was asked to stop, and has saved.
  case interrupted
  /// It was asked to stop before its first step: there is nothing to save.
  case interruptedBeforeSteps
}
