public import Training

/// What a pre-training tells whoever watches it.
public enum PretrainEvent: Sendable, Equatable {
  /// Something to know, in one line: what a stage does, rows left out, what a diagnosis found.
  case note(String)
  /// Steps of a round begin behind `step`, of `total`.
  case started(round: Int, step: Int, total: Int)
  case step(StepRecord)
  case evaluation(PredictionEvaluation)
  /// A checkpoint is complete.
  case saved(step: Int, path: String)
}

/// How a pre-training ended.
public enum PretrainOutcome: Sendable, Equatable {
  /// All rounds that were asked for are done.
  case finished
  /// It was asked to stop; what was done is saved.
  case interrupted
  /// The time that it was given is over; what was done is saved.
  case timeIsUp
}
