public import JSON

/// A step of training, as a line of `metrics.jsonl`.
public struct StepRecord: Sendable, Equatable {
  /// From 1: updates made.
  public var step: Int
  /// Passes over the training data, with the part of the one under way.
  public var epoch: Double
  /// Reduced, in nats: what the gradient is of.
  public var loss: Double
  public var learningRate: Double
  /// Global, before clipping.
  public var gradientNorm: Double
  /// Of the step's utterances.
  public var audioSeconds: Double
  /// That the step took.
  public var seconds: Double
  /// Of pre-training: what the loss is made of.
  public var prediction: PredictionFigures?

  public init(
    step: Int, epoch: Double, loss: Double, learningRate: Double, gradientNorm: Double, audioSeconds: Double,
    seconds: Double, prediction: PredictionFigures? = nil
  ) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.audioSeconds = audioSeconds
    self.seconds = seconds
    self.prediction = prediction
  }
}

/// An evaluation on dev, as a line of `metrics.jsonl`.
public struct EvaluationRecord: Sendable, Equatable {
  /// Updates made before it.
  public var step: Int
  /// Reduced as the training loss is, in nats.
  public var loss: Double
  /// Errors per reference word, and per character; NaN without any.
  public var wer: Double
  public var cer: Double

  public init(step: Int, loss: Double, wer: Double, cer: Double) {
    self.step = step
    self.loss = loss
    self.wer = wer
    self.cer = cer
  }
}

/// A line of `metrics.jsonl`.
public enum MetricsRecord: Sendable, Equatable {
  case step(StepRecord)
  case evaluation(EvaluationRecord)
  case prediction(PredictionEvaluation)

  public var step: Int {
    switch self {
    case .step(let record): record.step
    case .evaluation(let record): record.step
    case .prediction(let record): record.step
    }
  }

  /// Numbers that JSON cannot write, which are not finite, become null: every JSON reader takes that, and
  /// tables read it as missing. Which of them it was stands in the messages of ``Diagnosis``.
  public var json: JSONValue {
    switch self {
    case .step(let record): .object(record.json)
    case .evaluation(let record):
      [
        "step": .integer(Int64(record.step)), "eval_loss": .number(record.loss), "wer": .number(record.wer),
        "cer": .number(record.cer),
      ]
    case .prediction(let record): .object(record.json)
    }
  }

  /// nil for what is no such line.
  public init?(_ json: JSONValue) {
    func number(_ name: String) -> Double? {
      guard let value = json[name] else { return nil }
      return value.isNull ? .nan : value.double
    }
    guard let step = json["step"]?.int, step >= 0 else { return nil }
    if let record = PredictionEvaluation(step: step, number) {
      self = .prediction(record)
      return
    }
    if let loss = number("eval_loss"), let wer = number("wer"), let cer = number("cer") {
      self = .evaluation(EvaluationRecord(step: step, loss: loss, wer: wer, cer: cer))
    } else if let loss = number("loss"), let epoch = number("epoch"), let rate = number("learning_rate"),
      let norm = number("gradient_norm"), let audio = number("audio_seconds"), let seconds = number("seconds")
    {
      self = .step(
        StepRecord(
          step: step, epoch: epoch, loss: loss, learningRate: rate, gradientNorm: norm, audioSeconds: audio,
          seconds: seconds, prediction: PredictionFigures(number)))
    } else {
      return nil
    }
  }
}

extension StepRecord {
  fileprivate var json: JSONObject {
    var object: JSONObject = [
      "step": .integer(Int64(step)), "epoch": .number(epoch), "loss": .number(loss),
    ]
    for (name, value) in prediction?.named ?? [] { object[name] = .number(value) }
    object["learning_rate"] = .number(learningRate)
    object["gradient_norm"] = .number(gradientNorm)
    object["audio_seconds"] = .number(audioSeconds)
    object["seconds"] = .number(seconds)
    return object
  }
}
