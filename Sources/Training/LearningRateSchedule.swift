#if canImport(Glibc)
import Glibc
#endif

/// The learning rate of each step, a function of the step alone, so that a resumed run needs no state.
///
/// A step is the number of updates before it: the first update has step 0.
public struct LearningRateSchedule: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// After the warm-up the peak: transformers' `get_constant_schedule_with_warmup`.
    case constant
    /// After the warm-up down to 0 at the last step, along a line: `get_linear_schedule_with_warmup`.
    case linear
    /// After the warm-up down to 0 at the last step, along half a cosine: `get_cosine_schedule_with_warmup`.
    case cosine
    /// Warm-up, hold, exponential decay: fairseq's `tri_stage` (Park et al. 2019), with which wav2vec 2.0 and
    /// HuBERT were fine-tuned.
    case triStage = "tri-stage"
  }

  public var kind: Kind
  /// The highest rate.
  public var peak: Double
  /// Updates of the whole run.
  public var steps: Int
  /// nil for none, and for a tenth of the steps with ``Kind/triStage``.
  public var warmupSteps: Int?
  /// Of ``Kind/triStage``: the updates at the peak; nil for 4 in 9 of those behind the warm-up.
  public var holdSteps: Int?
  /// Of ``Kind/triStage``: the updates of the decay, behind which the rate stays; nil for all that are left.
  public var decaySteps: Int?
  /// Of ``Kind/triStage``: the rate before warm-up and after decay, in parts of the peak.
  public var initialScale = 0.01
  public var finalScale = 0.05

  public init(_ kind: Kind, peak: Double, steps: Int, warmupSteps: Int? = nil) {
    precondition(steps >= 0 && warmupSteps ?? 0 >= 0, "\(steps) steps, \(warmupSteps ?? 0) of warm-up")
    self.kind = kind
    self.peak = peak
    self.steps = steps
    self.warmupSteps = warmupSteps
  }

  /// The learning rate of the update that comes after `step` others.
  public func rate(atStep step: Int) -> Double {
    if kind == .triStage { return triStage(step) }
    let warmup = warmupSteps ?? 0
    if step < warmup { return peak * (Double(step) / Double(warmup)) }
    let decaying = Double(max(1, steps - warmup))
    switch kind {
    case .linear: return peak * max(0, Double(steps - step) / decaying)
    case .cosine: return peak * max(0, 0.5 * (1 + cos(.pi * (Double(step - warmup) / decaying))))
    default: return peak
    }
  }

  /// Updates of each stage. As fairseq's `phase_ratio` of 0.1, 0.4 and 0.5; with a warm-up of its own, hold
  /// and decay share the rest as 4 to 5.
  var stages: (warmup: Int, hold: Int, decay: Int) {
    guard let warmupSteps else {
      return (Int(Double(steps) * 0.1), Int(Double(steps) * 0.4), Int(Double(steps) * 0.5))
    }
    let rest = max(0, steps - warmupSteps)
    let hold = holdSteps ?? rest * 4 / 9
    return (warmupSteps, hold, decaySteps ?? max(0, rest - hold))
  }

  private func triStage(_ step: Int) -> Double {
    let (warmup, hold, decay) = stages
    if step < warmup {
      let initial = initialScale * peak
      return initial + (peak - initial) / Double(warmup) * Double(step)
    }
    if step < warmup + hold { return peak }
    let decayed = step - warmup - hold
    guard decayed <= decay, decay > 0 else { return finalScale * peak }
    return peak * exp(log(finalScale) / Double(decay) * Double(decayed))
  }
}
