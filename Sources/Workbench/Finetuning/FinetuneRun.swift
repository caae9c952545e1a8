public import Training

/// One fine-tuning run, from the options to the report.
public struct FinetuneRun {
  private let options: FinetuneOptions

  public init(options: FinetuneOptions) { self.options = options }

  /// Trains. `shouldStop` is asked after every step: the step is then saved and the run ends.
  public func run(
    shouldStop: () -> Bool, _ deliver: (FinetuneEvent) throws -> Void
  ) throws -> FinetuneOutcome {
    throw UsageError("--train \(options.train): fine-tuning is not in this version")
  }
}
