/// Watches a run, and says in one line what others leave to forums: what is going wrong, and the remedy.
///
/// It is a function of what it is shown, step by step. A trouble is said when it begins and not again while
/// it lasts; broken losses, which come singly, are said the first, 10th, 100th... time. Each threshold stands
/// below with its reason. Losses of steps with different utterances differ a lot, so what is compared are
/// medians and means over windows, never single steps.
public struct Diagnosis: Sendable {
  /// What training is like, for the remedies.
  public struct Settings: Sendable, Equatable {
    /// At the schedule's peak.
    public var learningRate: Double
    public var warmupSteps: Int
    /// Steps at the beginning that train the head alone: the plateau is then no news.
    public var freezeSteps: Int
    public var zeroInfinity: Bool
    /// How to get to where all was well: what the remedies begin with.
    public var goingBack: String

    public init(
      learningRate: Double, warmupSteps: Int, freezeSteps: Int = 0, zeroInfinity: Bool = true,
      goingBack: String = "resume from OUT/best"
    ) {
      self.learningRate = learningRate
      self.warmupSteps = warmupSteps
      self.freezeSteps = freezeSteps
      self.zeroInfinity = zeroInfinity
      self.goingBack = goingBack
    }
  }

  /// What it says.
  public struct Finding: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
      case brokenLoss = "broken-loss"
      case infeasible = "infeasible"
      case divergence
      case learningRateTooHigh = "learning-rate-too-high"
      case learningRateTooLow = "learning-rate-too-low"
      case allBlank = "all-blank"
      case collapse
      case flatLoss = "flat-loss"
      case featurePenalty = "feature-penalty"
    }

    public let kind: Kind
    public let step: Int
    /// One line: what was seen, and the remedy.
    public let message: String

    package init(kind: Kind, step: Int, message: String) {
      self.kind = kind
      self.step = step
      self.message = message
    }
  }

  let settings: Settings
  /// Losses and gradient norms of the last ``windows`` steps that were finite.
  private(set) var losses = RecentValues(capacity: Thresholds.longWindow * 2)
  private(set) var norms = RecentValues(capacity: Thresholds.window)
  private(set) var updates = RecentValues(capacity: Thresholds.longWindow)
  /// Losses of the first steps.
  private(set) var firstLosses: [Double] = []
  /// The least medians over a window so far.
  private var leastLoss = Double.infinity
  private var leastNorm = Double.infinity
  private var finiteSteps = 0
  private var brokenCount = 0
  private var infeasibleCount = 0
  private var isDiverging = false
  private var isTooHigh = false
  private var isTooLow = false
  private var isBlank = false
  /// The last evaluation: nothing can be called stuck before there is one.
  private(set) var lastWER: Double?

  public init(_ settings: Settings) { self.settings = settings }

  /// Looks at a step.
  public mutating func observe(_ step: StepFacts) -> [Finding] {
    // An infinite loss that counts as 0 is hidden in the step's, and yet the model has broken down.
    let isBroken = step.brokenUtterance != nil && step.brokenUtteranceFits
    guard step.loss.isFinite && step.gradientNorm.isFinite && !isBroken else { return broken(step) }
    var findings = infeasible(step)
    losses.append(step.loss)
    norms.append(step.gradientNorm)
    if let ratio = step.updateRatio, ratio.isFinite { updates.append(ratio) }
    if firstLosses.count < Thresholds.longWindow { firstLosses.append(step.loss) }
    finiteSteps += 1
    if finiteSteps >= Thresholds.window { findings += risen(step) }
    if let finding = slow(step) { findings.append(finding) }
    return findings
  }

  /// Looks at an evaluation.
  public mutating func observe(_ evaluation: EvaluationFacts) -> [Finding] {
    lastWER = evaluation.wer
    guard evaluation.emptyFraction >= Thresholds.blankFraction, evaluation.step > settings.freezeSteps,
      let flat = flatness()
    else {
      if evaluation.emptyFraction < Thresholds.leftBlankFraction { isBlank = false }
      return []
    }
    guard flat, !isBlank else { return [] }
    isBlank = true
    return [
      Finding(
        kind: .allBlank, step: evaluation.step,
        message:
          "step \(evaluation.step): \(percent(evaluation.emptyFraction)) of dev comes out empty and the loss stands "
          + "at \(shortNumber(losses.mean(last: Thresholds.longWindow))): the all-blank plateau; give it more steps, raise "
          + "--learning-rate (\(shortNumber(settings.learningRate))) or lower --mask-time-prob and --dropout, and check "
          + "that texts and vocabulary are in the same case")
    ]
  }
}

extension Diagnosis {
  private mutating func broken(_ step: StepFacts) -> [Finding] {
    brokenCount += 1
    guard isPowerOfTen(brokenCount) else { return [] }
    let isNorm = step.loss.isFinite && !step.gradientNorm.isFinite
    let value = isNorm ? step.gradientNorm : step.loss.isFinite ? .infinity : step.loss
    let name = isNorm ? "gradient norm" : "loss"
    var line = "step \(step.step): the \(name) is \(value.isNaN ? "not a number" : "infinite")"
    if let utterance = step.brokenUtterance { line += ", first in utterance \(utterance)" }
    if let layer = step.brokenLayer { line += ", in \(layer)" }
    if brokenCount > 1 { line += " (\(brokenCount) steps so far)" }
    let isInfinite = step.loss == .infinity && !settings.zeroInfinity && !step.brokenUtteranceFits
    line +=
      isInfinite
      ? "; its text needs more frames than it has: leave it out ('warbler corpus check'), or --zero-infinity"
      : brokenCount == 1 && finiteSteps == 0
        ? "; it began so: check the recording, and that the checkpoint's weights are finite"
        : "; resume from an earlier checkpoint with a lower --learning-rate "
          + "(\(shortNumber(step.learningRate)) now) or a lower --clip"
    return [Finding(kind: .brokenLoss, step: step.step, message: line)]
  }

  /// An infinite loss that was counted as 0.
  private mutating func infeasible(_ step: StepFacts) -> [Finding] {
    guard let utterance = step.brokenUtterance else { return [] }
    infeasibleCount += 1
    guard isPowerOfTen(infeasibleCount) else { return [] }
    let count = infeasibleCount > 1 ? " (\(infeasibleCount) times so far)" : ""
    return [
      Finding(
        kind: .infeasible, step: step.step,
        message:
          "step \(step.step): utterance \(utterance) has no finite loss and counts as 0\(count): its text needs more "
          + "frames than it has; see 'warbler corpus check', or lower --speed-perturb")
    ]
  }

  /// A loss that goes up, and whether gradients grew with it.
  private mutating func risen(_ step: StepFacts) -> [Finding] {
    let loss = losses.median(last: Thresholds.window)
    let norm = norms.median(last: Thresholds.window)
    defer {
      leastLoss = min(leastLoss, loss)
      leastNorm = min(leastNorm, norm)
    }
    guard finiteSteps > 2 * Thresholds.window else { return [] }
    let start = mean(firstLosses.prefix(Thresholds.window))
    let rise = loss - leastLoss
    if loss < leastLoss * Thresholds.recovered + Thresholds.noticeable * start { isDiverging = false }
    if norm < leastNorm * Thresholds.normGrowth / 2 { isTooHigh = false }
    let isNoticeable = rise > Thresholds.noticeable * start
    var findings: [Finding] = []
    if isNoticeable, loss > Thresholds.jump * leastLoss, norm > Thresholds.normGrowth * leastNorm, !isTooHigh,
      !isDiverging
    {
      isTooHigh = true
      findings.append(
        Finding(
          kind: .learningRateTooHigh, step: step.step,
          message:
            "step \(step.step): gradients have grown \(shortNumber(norm / leastNorm)) times and the loss has gone from "
            + "\(shortNumber(leastLoss)) to \(shortNumber(loss)): the learning rate is too high (\(shortNumber(step.learningRate)) now); "
            + "start again with --learning-rate \(shortNumber(settings.learningRate / 3))"
            + (step.step <= 2 * settings.warmupSteps ? " or a longer --warmup-steps" : "")))
    }
    if rise > Thresholds.divergedPart * start, loss > Thresholds.diverged * leastLoss, !isDiverging {
      isDiverging = true
      // The first line said it, with the same remedy.
      if !isTooHigh {
        findings.append(
          Finding(
            kind: .divergence, step: step.step,
            message:
              "step \(step.step): the loss diverges, from \(shortNumber(leastLoss)) to \(shortNumber(loss)): \(settings.goingBack) "
              + "with a lower --learning-rate (\(shortNumber(step.learningRate)) now), or --clip 1"))
      }
    }
    return findings
  }

  /// Progress that cannot be told from noise.
  private mutating func slow(_ step: StepFacts) -> Finding? {
    let window = Thresholds.longWindow
    guard !isTooLow, !isBlank, finiteSteps >= 3 * window, losses.count >= window,
      step.step > settings.warmupSteps + window, step.step > settings.freezeSteps + window,
      // A model that reads well already has nothing left to gain, and before an evaluation nobody knows.
      let lastWER, !(lastWER < Thresholds.learntWER)
    else { return nil }
    let recent = losses.values(last: window)
    let before = mean(firstLosses)
    let now = mean(recent)
    let error = (variance(firstLosses) / Double(firstLosses.count) + variance(recent) / Double(window))
      .squareRoot()
    let isNoise = before - now < Thresholds.significance * error || before - now < Thresholds.barely * before
    // A loss that went up is another trouble.
    guard isNoise, now - before <= Thresholds.significance * error else { return nil }
    let ratio = updates.count > 0 ? updates.median(last: window) : nil
    if let ratio, ratio > Thresholds.idleUpdate { return nil }
    isTooLow = true
    return Finding(
      kind: .learningRateTooLow, step: step.step,
      message:
        "step \(step.step): the loss has barely moved since the start, \(shortNumber(before)) to \(shortNumber(now))"
        + (ratio.map { ", and a step changes weights by \(shortNumber($0)) of their size" } ?? "")
        + ": the learning rate is too low (\(shortNumber(step.learningRate)) now); start again with --learning-rate "
        + shortNumber(settings.learningRate * 10))
  }

  /// Whether the loss stands still: nil where there is too little of it.
  private func flatness() -> Bool? {
    let window = Thresholds.longWindow
    guard losses.count >= 2 * window else { return nil }
    let both = losses.values(last: 2 * window)
    let before = mean(both.prefix(window))
    return abs(mean(both.suffix(window)) - before) < Thresholds.flat * before
  }
}
