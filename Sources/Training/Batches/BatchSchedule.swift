/// What each step of a training trains on.
///
/// A pure function of the lengths, the options and the step's number, so that resuming needs nothing but that
/// number. An epoch ends with a step: its last one has the batches that are left.
public final class BatchSchedule {
  /// One step of the optimizer. Everything counts from 0.
  public struct Step: Sendable, Equatable {
    public let step: Int
    public let epoch: Int
    public let stepInEpoch: Int
    /// Steps of this epoch. By seconds, it may differ by a few between epochs.
    public let stepsInEpoch: Int
    /// Indices of utterances, batch by batch.
    public let batches: [[Int]]

    public var utteranceCount: Int { batches.reduce(0) { $0 + $1.count } }
    /// Epochs done when this step is, with the part of the current one: 0.5 in the middle of the first.
    public var epochsDone: Double { Double(epoch) + Double(stepInEpoch + 1) / Double(stepsInEpoch) }
  }

  private let seconds: [Double]
  private let options: BatchOptions
  /// The first step of each epoch that was planned so far, and of the one after them.
  private var starts = [0]
  private var latest: (epoch: Int, plan: BatchPlan)?

  /// - Parameters:
  ///   - seconds: the length of each utterance; at least one.
  ///   - options: the limit and the number of batches a step must be above 0.
  public init(seconds: [Double], options: BatchOptions) {
    precondition(!seconds.isEmpty, "a schedule of no utterances")
    precondition(seconds.allSatisfy { $0 >= 0 && $0.isFinite }, "a length that is no number of seconds")
    switch options.limit {
    case .seconds(let most): precondition(most > 0, "batches of \(most) s")
    case .utterances(let most): precondition(most > 0, "batches of \(most) utterances")
    }
    precondition(options.batchesPerStep > 0, "\(options.batchesPerStep) batches a step")
    self.seconds = seconds
    self.options = options
  }

  /// - Complexity: planning an epoch sorts the utterances. Steps in ascending order plan each epoch once; the
  ///   first one asked for plans all epochs before it, since their numbers of steps may differ.
  public func step(_ step: Int) -> Step {
    precondition(step >= 0, "step \(step)")
    while starts.last! <= step { appendEpoch() }
    // The last epoch that starts at or before it: steps mostly ascend.
    let epoch = starts.lastIndex { $0 <= step }!
    let plan = plan(ofEpoch: epoch)
    let first = (step - starts[epoch]) * options.batchesPerStep
    return Step(
      step: step, epoch: epoch, stepInEpoch: step - starts[epoch],
      stepsInEpoch: starts[epoch + 1] - starts[epoch],
      batches: Array(plan.batches[first..<min(first + options.batchesPerStep, plan.batches.count)]))
  }

  /// The first step of an epoch: how many steps all epochs before it have.
  public func firstStep(ofEpoch epoch: Int) -> Int {
    precondition(epoch >= 0, "epoch \(epoch)")
    while starts.count <= epoch { appendEpoch() }
    return starts[epoch]
  }

  private func appendEpoch() {
    let batches = plan(ofEpoch: starts.count - 1).batches.count
    starts.append(starts.last! + (batches + options.batchesPerStep - 1) / options.batchesPerStep)
  }

  private func plan(ofEpoch epoch: Int) -> BatchPlan {
    if let latest, latest.epoch == epoch { return latest.plan }
    let plan = BatchPlan(seconds: seconds, options: options, epoch: epoch)
    latest = (epoch, plan)
    return plan
  }
}
