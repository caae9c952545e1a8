public import AcousticModel
import CTC
public import JSON
public import Tensors
public import Training

/// Steps of masked prediction: gradients of a batch, an update of all weights, and what resuming needs.
///
/// A step is a function of the weights, the optimizer's state, the batch, the seed and the step's number: the
/// same on any number of threads, and the same after resuming.
public final class Pretrainer {
  /// What a step does.
  public struct Settings: Sendable, Equatable {
    public var schedule: LearningRateSchedule
    public var optimizer = AdamW.Settings()
    /// The largest norm of all gradients together; nil for any.
    public var clip: Double?
    /// With the masks whose frames are predicted.
    public var regularization = Regularization()
    public var seed: UInt64 = 1

    public init(schedule: LearningRateSchedule) { self.schedule = schedule }
  }

  public let settings: Settings
  /// Of the layout for pre-training; changed by every step.
  public let parameters: ParameterStorage
  /// Updates made.
  public private(set) var step = 0
  private let model: MaskedPredictionModel
  private let optimizer: AdamW
  private let compute: Compute

  /// - Parameter parameters: where training starts.
  public init(
    _ parameters: ParameterStorage, configuration: ModelConfiguration, objective: MaskedPrediction,
    settings: Settings, on compute: Compute
  ) {
    self.parameters = parameters
    self.settings = settings
    self.compute = compute
    model = MaskedPredictionModel(
      configuration: configuration, objective: objective, parameters: parameters, on: compute)
    optimizer = AdamW(parameters.layout, settings: settings.optimizer)
  }

  /// What a step came to.
  public struct Update: Sendable {
    public let figures: PretrainingFigures
    public let learningRate: Double
    /// Before clipping.
    public let gradientNorm: Double
  }

  /// One step. A gradient that is not finite changes nothing.
  public func update(_ batch: [PretrainingUtterance]) -> Update {
    let options = stepOptions(step + 1)
    let figures = model.computeGradients(batch, options: options)
    let dropped = Set((0..<model.configuration.layers).filter { options.drops(layer: $0) })
    let rate = settings.schedule.rate(atStep: step)
    let outcome = optimizer.step(
      parameters, gradients: model.gradients,
      trainable: TrainableEntries(parameters.layout).excluding(layers: dropped, of: parameters.layout),
      learningRate: rate, clip: settings.clip, on: compute)
    if !outcome.isSkipped { model.parametersDidChange() }
    step += 1
    return Update(figures: figures, learningRate: rate, gradientNorm: outcome.norm.total)
  }

  /// The objective on a batch, without dropout: its masks depend on the batch's number alone.
  public func evaluate(_ batch: [PretrainingUtterance], number: Int) -> PretrainingFigures {
    model.evaluate(batch, options: stepOptions(number + 1))
  }

  private func stepOptions(_ step: Int) -> StepOptions {
    StepOptions(
      seed: settings.seed, step: step, regularization: settings.regularization, reduction: .sum,
      utterancesOfStep: 1)
  }

  // MARK: Resuming

  /// All floats that resuming needs.
  public var state: [StateTensor] {
    [
      StateTensor("optimizer.first_moments", optimizer.firstMoments),
      StateTensor("optimizer.second_moments", optimizer.secondMoments), StateTensor("parameters", parameters),
    ]
  }

  /// Numbers that resuming needs beside ``state``.
  public var counts: JSONObject {
    ["optimizer_steps": .array(optimizer.steps.map { .integer(Int64($0)) })]
  }

  /// Goes on behind `step`, after ``state`` has been read back.
  /// - Returns: false for counts that are not of this trainer.
  public func restore(step: Int, counts: JSONObject) -> Bool {
    guard let steps = counts["optimizer_steps"]?.array?.compactMap(\.int),
      steps.count == parameters.layout.entries.count
    else { return false }
    self.step = step
    optimizer.restore(steps: steps)
    model.parametersDidChange()
    return true
  }
}
