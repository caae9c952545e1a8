extension FinetuneOptions {
  /// The steps of the schedule's parts: the rate rises, stays, falls. What is left of `steps` after them runs
  /// at the last rate.
  ///
  /// Without their options a tenth is warm-up, and the rest goes 4 : 5 to hold and decay, which is the
  /// published 10/40/50 %; with a hold ratio alone the decay takes the rest. Each part gives way to those
  /// before it, so the sum is never above `steps`. Other schedules than tri-stage hold nothing.
  public func phases(ofSteps steps: Int) -> (warmup: Int, hold: Int, decay: Int) {
    precondition(steps >= 0, "\(steps) steps")
    let warmup = min(warmupSteps ?? Int((0.1 * Double(steps)).rounded()), steps)
    let left = steps - warmup
    if schedule == .constant { return (warmup, left, 0) }
    if schedule != .triStage { return (warmup, 0, left) }
    func part(_ ratio: Double) -> Int { Int((ratio * Double(steps)).rounded()) }
    let hold: Int
    if let holdRatio {
      hold = min(part(holdRatio), left)
    } else if let decayRatio {
      hold = max(0, left - part(decayRatio))
    } else {
      hold = Int((Double(left) * 4 / 9).rounded())
    }
    return (warmup, hold, min(decayRatio.map(part) ?? left, left - hold))
  }

  /// Steps between saves.
  public var saveInterval: Int { saveSteps ?? evalSteps }

  /// Checkpoints kept beside best and last: enough for the average that is asked for.
  public var keptCheckpoints: Int { max(keep, averageBy == .last ? averageCheckpoints : 0) }

  /// The factor of LoRA's product is this over the rank.
  public var resolvedLoRAAlpha: Double { loraAlpha ?? Double(2 * loraRank) }
}
