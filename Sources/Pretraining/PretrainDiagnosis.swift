public import AcousticModel
public import Training

/// Watches a pre-training, and says in one line what is going wrong, and the remedy.
///
/// Beside what ``Diagnosis`` sees in any training (losses that break, diverge, gradients that explode) there
/// are the troubles of masked prediction: a model that predicts few clusters only, a loss that is no better
/// than guessing clusters by their frequency, and features that run off. Each is said when it begins, and not
/// again while it lasts. Every figure is a mean or median over a window of steps.
public struct PretrainDiagnosis: Sendable {
  private let learningRate: Double
  private let warmupSteps: Int
  private let penaltyWeight: Double
  private var common: Diagnosis
  /// Perplexities of predictions and targets, loss over the targets' entropy, weighted penalty over the loss.
  private var codes = RecentValues(capacity: Thresholds.window)
  private var targets = RecentValues(capacity: Thresholds.window)
  private var excess = RecentValues(capacity: Thresholds.window)
  private var penalties = RecentValues(capacity: Thresholds.window)
  private var losses = RecentValues(capacity: Thresholds.window)
  private var leastPenalty = Double.infinity
  private var isCollapsed = false
  private var isFlat = false
  private var isRunningOff = false

  /// - Parameters:
  ///   - learningRate: at the schedule's peak.
  ///   - penaltyWeight: of the features' mean square in the loss.
  public init(learningRate: Double, warmupSteps: Int, penaltyWeight: Double) {
    self.learningRate = learningRate
    self.warmupSteps = warmupSteps
    self.penaltyWeight = penaltyWeight
    common = Diagnosis(
      Diagnosis.Settings(
        learningRate: learningRate, warmupSteps: warmupSteps, goingBack: "start again in another --out"))
  }

  /// From when on a trouble is one.
  enum Thresholds {
    /// Steps of a mean that single batches cannot move.
    static let window = 50
    /// Steps behind the warm-up before a plateau is a trouble: every masked prediction begins on the plateau
    /// of the targets' frequencies, and small models leave it within some hundred steps.
    static let patience = 500
    /// Of the targets' perplexity: a model that has learnt anything uses most of the clusters, and one that
    /// has collapsed a handful of hundreds.
    static let fewCodes = 0.1
    static let manyCodes = 0.3
    /// Of the targets' entropy: guessing by a batch's own frequencies costs exactly that, so below it there
    /// is something learnt of the speech.
    static let flat = 0.98
    static let learnt = 0.95
    /// The penalty weighs more than what is to be learnt, and has tripled.
    static let penaltyGrowth = 3.0
  }

  /// Looks at a step.
  public mutating func observe(
    step: Int, figures: PretrainingFigures, learningRate rate: Double, gradientNorm: Double,
    brokenUtterance: String?
  ) -> [Diagnosis.Finding] {
    observe(
      Facts(
        step: step, loss: figures.loss, maskedLoss: figures.maskedLoss, learningRate: rate,
        gradientNorm: gradientNorm, codes: CodeUsage(figures.predicted).perplexity,
        targets: CodeUsage(figures.targets).perplexity, targetEntropy: CodeUsage(figures.targets).entropy,
        classes: figures.predicted.count, featurePenalty: figures.featurePenalty,
        brokenUtterance: brokenUtterance, brokenLayer: figures.breakdown?.place))
  }

  /// What is looked at.
  struct Facts {
    var step: Int
    /// The whole objective.
    var loss: Double
    var maskedLoss: Double
    var learningRate: Double
    var gradientNorm: Double
    /// Perplexities.
    var codes: Double
    var targets: Double
    /// Nats.
    var targetEntropy: Double
    var classes: Int
    /// Before its weight.
    var featurePenalty: Double
    var brokenUtterance: String?
    var brokenLayer: String?
  }

  mutating func observe(_ facts: Facts) -> [Diagnosis.Finding] {
    var findings = common.observe(
      StepFacts(
        step: facts.step, loss: facts.loss, gradientNorm: facts.gradientNorm,
        learningRate: facts.learningRate,
        brokenUtterance: facts.brokenUtterance, brokenUtteranceFits: true, brokenLayer: facts.brokenLayer))
    guard facts.loss.isFinite, facts.maskedLoss.isFinite, facts.targetEntropy > 0 else { return findings }
    codes.append(facts.codes)
    targets.append(facts.targets)
    excess.append(facts.maskedLoss / facts.targetEntropy)
    penalties.append(penaltyWeight * facts.featurePenalty)
    losses.append(facts.maskedLoss)
    guard codes.count == Thresholds.window else { return findings }
    if let finding = runningOff(facts) { findings.append(finding) }
    if facts.step >= warmupSteps + Thresholds.patience, let finding = stuck(facts) {
      findings.append(finding)
    }
    return findings
  }

  /// Few clusters predicted, or a loss no better than their frequencies; one line where it is both.
  private mutating func stuck(_ facts: Facts) -> Diagnosis.Finding? {
    let window = Thresholds.window
    let (used, wanted) = (codes.median(last: window), targets.median(last: window))
    let part = excess.mean(last: window)
    let (few, flat) = (used < Thresholds.fewCodes * wanted, part > Thresholds.flat)
    if used > Thresholds.manyCodes * wanted { isCollapsed = false }
    if part < Thresholds.learnt { isFlat = false }
    defer {
      isCollapsed = isCollapsed || few
      isFlat = isFlat || flat
    }
    let loss = shortNumber(losses.mean(last: window))
    let guess = shortNumber(losses.mean(last: window) / part)
    let remedy =
      "; start again with a lower --learning-rate (\(shortNumber(learningRate))) or a longer --warmup-steps, larger "
      + "--batch-seconds, or fewer --clusters"
    if few && !isCollapsed {
      return Diagnosis.Finding(
        kind: .collapse, step: facts.step,
        message:
          "step \(facts.step): collapse: predictions are about \(shortNumber(used)) of \(facts.classes) clusters, the "
          + "targets \(shortNumber(wanted))"
          + (flat ? ", and the loss (\(loss)) is no better than guessing by frequency (\(guess))" : "")
          + remedy)
    }
    if flat && !isFlat && !few {
      return Diagnosis.Finding(
        kind: .flatLoss, step: facts.step,
        message:
          "step \(facts.step): the loss at masked frames (\(loss)) is no better than guessing clusters by their "
          + "frequency (\(guess)): nothing is learnt of the speech yet" + remedy)
    }
    return nil
  }

  /// Features that grow until their penalty is most of the loss.
  private mutating func runningOff(_ facts: Facts) -> Diagnosis.Finding? {
    let penalty = penalties.median(last: Thresholds.window)
    let loss = losses.median(last: Thresholds.window)
    defer { leastPenalty = min(leastPenalty, penalty) }
    if penalty < loss / 2 { isRunningOff = false }
    guard penalty > loss, penalty > Thresholds.penaltyGrowth * leastPenalty, !isRunningOff else { return nil }
    isRunningOff = true
    return Diagnosis.Finding(
      kind: .featurePenalty, step: facts.step,
      message:
        "step \(facts.step): the features run off: their penalty has grown \(shortNumber(penalty / leastPenalty)) times "
        + "to \(shortNumber(penalty)), more than the loss at masked frames (\(shortNumber(loss))); start again with a "
        + "lower --learning-rate (\(shortNumber(learningRate))) or --encoder-gradient-scale, or a higher "
        + "--feature-penalty")
  }
}

extension PredictionFigures {
  /// A step's, as `metrics.jsonl` has them.
  public init(_ figures: PretrainingFigures) {
    let classes = Double(figures.predicted.count)
    func known(_ value: Double, _ frames: Int) -> Double { frames > 0 ? value : .nan }
    self.init(
      maskedLoss: known(figures.maskedLoss, figures.maskedFrames),
      unmaskedLoss: known(figures.unmaskedLoss, figures.unmaskedFrames),
      maskedAccuracy: known(figures.maskedAccuracy, figures.maskedFrames),
      unmaskedAccuracy: known(figures.unmaskedAccuracy, figures.unmaskedFrames),
      codeUsage: CodeUsage(figures.predicted).perplexity / classes,
      targetUsage: CodeUsage(figures.targets).perplexity / classes, featurePenalty: figures.featurePenalty)
  }
}
