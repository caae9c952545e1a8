/// How utterances are put together into batches, and batches into steps.
public struct BatchOptions: Sendable, Equatable {
  public enum Limit: Sendable, Equatable {
    /// As much audio as this at most; an utterance that is longer is a batch of its own.
    case seconds(Double)
    /// As many utterances as this.
    case utterances(Int)
  }

  public var limit = Limit.seconds(40)
  /// Whether every epoch has an order of its own, with utterances of similar length together; else batches
  /// are cut from the utterances as they stand, the same in every epoch.
  public var shuffles = true
  public var seed: UInt64 = 0
  /// Batches whose gradients are summed into one step of the optimizer.
  public var batchesPerStep = 1

  public init() {}
}
