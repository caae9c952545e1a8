public import AcousticModel
import CTC
public import JSON
public import Tensors

/// Steps of fine-tuning: gradients of a batch, an update of the weights, and what resuming needs.
///
/// A step is a function of the weights, the optimizer's state, the batch, the seed and the step's number: the
/// same on any number of threads, and the same after resuming.
public final class Trainer {
  public let settings: TrainerSettings
  public let weights: TrainingWeights
  public let model: TrainableModel
  /// Updates made.
  public private(set) var step = 0
  private let optimizer: AdamW
  private let lowRank: LowRankAdaptation?
  private let average: MovingAverage?
  private let compute: Compute

  /// - Parameter weights: where training starts; changed by every step.
  public init(_ weights: TrainingWeights, settings: TrainerSettings, on compute: Compute) {
    self.weights = weights
    self.settings = settings
    self.compute = compute
    model = TrainableModel(
      configuration: weights.configuration, parameters: weights.parameters, on: compute)
    lowRank = settings.lowRank.map { LowRankAdaptation($0, of: weights.parameters, seed: settings.seed) }
    let trained = lowRank?.parameters ?? weights.parameters
    optimizer = AdamW(
      trained.layout, settings: settings.optimizer, decays: lowRank?.decays,
      rateScales: trained.layout.entries.map {
        $0.part == .featureEncoder ? settings.featureEncoderRateScale : 1
      })
    average = settings.averageDecay.map { MovingAverage(of: trained, decay: $0, warmsUp: true) }
  }

  /// What is trained: the model's parameters, or the factors of its low-rank adaptation.
  private var trained: ParameterStorage { lowRank?.parameters ?? weights.parameters }

  /// What a step came to.
  public struct Update: Sendable {
    /// Of each utterance, in nats, as ``StepLosses/losses``.
    public let losses: [Double]
    /// Reduced over the step; infinite losses count as 0 if so set.
    public let loss: Double
    public let learningRate: Double
    /// Before clipping.
    public let gradientNorm: Double
    /// A gradient was infinite or NaN: nothing was changed.
    public let isSkipped: Bool
    /// Where each utterance whose loss is NaN broke down.
    public let breakdowns: [StepLosses.Breakdown]
  }

  /// One step: the mean (or sum) of the reduced losses is over the utterances of all batches together.
  /// - Parameter batches: in order; nothing but memory depends on how utterances are split among them.
  /// - Throws: an error that names a label outside the vocabulary; nothing has changed then.
  public func update(_ batches: [[TrainingUtterance]]) throws -> Update {
    let utterances = batches.flatMap(\.self)
    var options = StepOptions(
      seed: settings.seed, step: step + 1, regularization: settings.regularization,
      reduction: settings.reduction, utterancesOfStep: utterances.count)
    options.trainsHeadOnly = settings.freezing.trainsHeadOnly(atStep: step)
    options.frozenLayers = settings.freezing.layers
    options.checkpointsActivations = settings.checkpointsActivations
    model.clearGradients()
    var result = StepLosses()
    for batch in batches {
      let part = try model.accumulateGradients(batch, options: options)
      result.breakdowns += part.breakdowns.map {
        .init(utterance: result.losses.count + $0.utterance, place: $0.place)
      }
      result.losses += part.losses
    }
    model.finishGradients(options)

    let rate = settings.schedule.rate(atStep: step)
    let outcome = change(learningRate: rate, options)
    step += 1
    let counted = settings.zeroInfinity ? result.losses.map { $0 == .infinity ? 0 : $0 } : result.losses
    return Update(
      losses: result.losses,
      loss: settings.reduction.reduce(counted, labelCounts: utterances.map(\.labels.count))
        ?? counted.reduce(0, +),
      learningRate: rate, gradientNorm: outcome.norm.total, isSkipped: outcome.isSkipped,
      breakdowns: result.breakdowns)
  }

  private func change(learningRate: Double, _ options: StepOptions) -> AdamW.Outcome {
    let dropped = Set((0..<weights.configuration.layers).filter { options.drops(layer: $0) })
    let trainable = settings.freezing.trainable(
      in: trained.layout, of: weights.configuration, atStep: step,
      masksTime: settings.regularization.timeMask.probability > 0
    ).excluding(layers: dropped, of: trained.layout)
    lowRank?.collectGradients(from: model.gradients, on: compute)
    let outcome = optimizer.step(
      trained, gradients: lowRank?.gradients ?? model.gradients, trainable: trainable,
      learningRate: learningRate, clip: settings.clip, average: average, on: compute)
    if !outcome.isSkipped { parametersDidChange() }
    return outcome
  }

  private func parametersDidChange() {
    lowRank?.merge(into: weights.parameters, on: compute)
    model.parametersDidChange()
  }

  /// Runs `body` with the averaged weights in the model, where there is an average: evaluation and what is
  /// saved take those.
  public func withAveragedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let average else { return try body() }
    average.swap(with: trained)
    parametersDidChange()
    defer {
      average.swap(with: trained)
      parametersDidChange()
    }
    return try body()
  }

  /// Writes the low-rank factors in PEFT's layout; nothing without them.
  public func writeLowRankAdapter(to directory: String, baseModel: String) throws {
    try lowRank?.writeAdapter(
      to: directory, baseModel: baseModel, architecture: weights.configuration.architecture)
  }

  // MARK: Resuming

  /// The floats that resuming needs beside the model's weights.
  public var state: [StateTensor] {
    var tensors = [
      StateTensor("optimizer.first_moments", optimizer.firstMoments),
      StateTensor("optimizer.second_moments", optimizer.secondMoments),
    ]
    // Weights that are saved are the averaged, or merged ones.
    if average != nil || lowRank != nil { tensors.append(StateTensor("parameters", trained)) }
    if let average { tensors.append(StateTensor("average", average.values)) }
    return tensors
  }

  /// Of what is trained: weights that were read back must have that of ``counts``.
  public var weightsCheckSum: String { StateTensor("parameters", trained).checkSum }

  /// Numbers that resuming needs beside ``state``.
  public var counts: JSONObject {
    [
      "optimizer_steps": .array(optimizer.steps.map { .integer(Int64($0)) }),
      "average_updates": .integer(Int64(average?.updates ?? 0)),
      "weights_crc32c": .string(weightsCheckSum),
    ]
  }

  /// Goes on behind `step`, after ``state`` has been read back.
  /// - Returns: false for counts that are not of this trainer.
  public func restore(step: Int, counts: JSONObject) -> Bool {
    guard let steps = counts["optimizer_steps"]?.array?.compactMap(\.int),
      steps.count == optimizer.layout.entries.count, let updates = counts["average_updates"]?.int
    else { return false }
    self.step = step
    optimizer.restore(steps: steps)
    average?.restore(updates: updates)
    parametersDidChange()
    return true
  }
}
