import JSON

/// What a step of masked prediction adds to its line of `metrics.jsonl`.
public struct PredictionFigures: Sendable, Equatable {
  /// Cross-entropy over the frames that were masked, and over the others, in nats a frame; NaN without any.
  public var maskedLoss: Double
  public var unmaskedLoss: Double
  /// The part of those frames whose class was the best.
  public var maskedAccuracy: Double
  public var unmaskedAccuracy: Double
  /// How many classes the model chooses from, in parts of all: exp(entropy) of what it predicted at masked
  /// frames, over the number of classes. 1 where all come equally often, 1 / classes for a single one.
  public var codeUsage: Double
  /// The same of the targets there: what ``codeUsage`` should come near to.
  public var targetUsage: Double
  /// The mean square of the features, before its weight.
  public var featurePenalty: Double

  public init(
    maskedLoss: Double, unmaskedLoss: Double, maskedAccuracy: Double, unmaskedAccuracy: Double,
    codeUsage: Double, targetUsage: Double, featurePenalty: Double
  ) {
    self.maskedLoss = maskedLoss
    self.unmaskedLoss = unmaskedLoss
    self.maskedAccuracy = maskedAccuracy
    self.unmaskedAccuracy = unmaskedAccuracy
    self.codeUsage = codeUsage
    self.targetUsage = targetUsage
    self.featurePenalty = featurePenalty
  }

  /// By their names in `metrics.jsonl`, in its order.
  var named: [(name: String, value: Double)] {
    [
      ("masked_loss", maskedLoss), ("unmasked_loss", unmaskedLoss), ("masked_accuracy", maskedAccuracy),
      ("unmasked_accuracy", unmaskedAccuracy), ("code_usage", codeUsage), ("target_usage", targetUsage),
      ("feature_penalty", featurePenalty),
    ]
  }

  /// nil where one of the names has no number.
  init?(_ number: (String) -> Double?) {
    guard let maskedLoss = number("masked_loss"), let unmaskedLoss = number("unmasked_loss"),
      let maskedAccuracy = number("masked_accuracy"), let unmaskedAccuracy = number("unmasked_accuracy"),
      let codeUsage = number("code_usage"), let targetUsage = number("target_usage"),
      let featurePenalty = number("feature_penalty")
    else { return nil }
    self.init(
      maskedLoss: maskedLoss, unmaskedLoss: unmaskedLoss, maskedAccuracy: maskedAccuracy,
      unmaskedAccuracy: unmaskedAccuracy, codeUsage: codeUsage, targetUsage: targetUsage,
      featurePenalty: featurePenalty)
  }
}

/// An evaluation of masked prediction on dev, as a line of `metrics.jsonl`: the same masks every time.
public struct PredictionEvaluation: Sendable, Equatable {
  /// Updates made before it.
  public var step: Int
  /// Cross-entropy over masked frames, in nats a frame.
  public var loss: Double
  public var maskedAccuracy: Double
  public var unmaskedAccuracy: Double
  /// As ``PredictionFigures/codeUsage``.
  public var codeUsage: Double

  public init(
    step: Int, loss: Double, maskedAccuracy: Double, unmaskedAccuracy: Double, codeUsage: Double
  ) {
    self.step = step
    self.loss = loss
    self.maskedAccuracy = maskedAccuracy
    self.unmaskedAccuracy = unmaskedAccuracy
    self.codeUsage = codeUsage
  }

  var json: JSONObject {
    [
      "step": .integer(Int64(step)), "eval_loss": .number(loss),
      "eval_masked_accuracy": .number(maskedAccuracy),
      "eval_unmasked_accuracy": .number(unmaskedAccuracy), "eval_code_usage": .number(codeUsage),
    ]
  }

  init?(step: Int, _ number: (String) -> Double?) {
    guard let loss = number("eval_loss"), let masked = number("eval_masked_accuracy"),
      let unmasked = number("eval_unmasked_accuracy"), let usage = number("eval_code_usage")
    else { return nil }
    self.init(
      step: step, loss: loss, maskedAccuracy: masked, unmaskedAccuracy: unmasked, codeUsage: usage)
  }
}
