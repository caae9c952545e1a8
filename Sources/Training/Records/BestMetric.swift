/// What the best checkpoint is best by. Less is better of each.
public enum BestMetric: String, Sendable, CaseIterable {
  case wer, cer, loss
}

/// Which evaluation was best, and how many came since.
///
/// An evaluation is better when its metric is less, or the same with less loss: while every word is still
/// wrong, the loss alone tells progress. What is not a number is never better.
public struct BestEvaluation: Sendable, Equatable {
  public let metric: BestMetric
  /// Evaluations without a new best after which training ends; 0: never.
  public let patience: Int
  /// The best so far; nil before the first.
  public private(set) var best: EvaluationRecord?
  public private(set) var evaluationsSince = 0

  public init(metric: BestMetric, patience: Int, best: EvaluationRecord? = nil, evaluationsSince: Int = 0) {
    self.metric = metric
    self.patience = patience
    self.best = best
    self.evaluationsSince = evaluationsSince
  }

  public var shouldStop: Bool { patience > 0 && evaluationsSince >= patience }

  /// Whether `evaluation` is the best so far.
  public mutating func observe(_ evaluation: EvaluationRecord) -> Bool {
    guard isBetter(evaluation) else {
      evaluationsSince += 1
      return false
    }
    best = evaluation
    evaluationsSince = 0
    return true
  }

  private func isBetter(_ evaluation: EvaluationRecord) -> Bool {
    let value = value(of: evaluation)
    guard !value.isNaN else { return false }
    guard let best else { return true }
    let bar = self.value(of: best)
    return value < bar || value == bar && evaluation.loss < best.loss
  }

  /// A rate without reference words is not a number.
  private func value(of evaluation: EvaluationRecord) -> Double {
    switch metric {
    case .wer: evaluation.wer
    case .cer: evaluation.cer
    case .loss: evaluation.loss
    }
  }

  /// The steps of the `count` best evaluations, best first, among those whose step is in `steps`.
  public static func ranked(
    _ evaluations: [EvaluationRecord], by metric: BestMetric, among steps: Set<Int>, count: Int
  ) -> [Int] {
    let order = BestEvaluation(metric: metric, patience: 0)
    let ranked = evaluations.filter { steps.contains($0.step) && !order.value(of: $0).isNaN }.sorted {
      (order.value(of: $0), $0.loss, $1.step) < (order.value(of: $1), $1.loss, $0.step)
    }
    return ranked.prefix(count).map(\.step)
  }
}
