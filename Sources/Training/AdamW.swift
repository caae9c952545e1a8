public import AcousticModel
import CKernels
public import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW` computes it.
///
/// With g the clipped gradient and t the steps that this parameter has taken, this one included,
///
///     p = p (1 - lr decay)
///     m = m + (1 - beta1) (g - m)
///     v = beta2 v + (1 - beta2) g^2
///     p = p - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
///
/// in float32, with scalars in double precision. All is one pass over memory, clipping and the moving average
/// included. Each parameter counts its own steps, as in PyTorch: one that was frozen at first begins with
/// t = 1.
public final class AdamW {
  public struct Settings: Sendable, Equatable {
    public var beta1 = 0.9
    /// wav2vec 2.0's; PyTorch's default is 0.999.
    public var beta2 = 0.98
    /// Above 0.
    public var epsilon = 1e-8
    public var weightDecay = 0.01
    /// Whether biases and the parameters of norms decay too.
    public var decaysAll = false

    public init() {}
  }

  public let settings: Settings
  public let layout: ParameterLayout
  /// m.
  public let firstMoments: ParameterStorage
  /// v.
  public let secondMoments: ParameterStorage
  /// t of each entry of the layout: the steps in which it was trained.
  public private(set) var steps: [Int]
  private let decays: [Bool]
  private let rateScales: [Double]?

  /// - Parameter decays: which entries weight decay applies to, where it does not apply to all; nil for those
  ///   that are neither biases nor norms.
  /// - Parameter rateScales: times the learning rate, for each entry; nil for 1.
  public init(
    _ layout: ParameterLayout, settings: Settings = Settings(), decays: [Bool]? = nil,
    rateScales: [Double]? = nil
  ) {
    let betas = [settings.beta1, settings.beta2]
    precondition(betas.allSatisfy { $0 >= 0 && $0 < 1 }, "betas \(betas) must be at least 0 and below 1")
    precondition(settings.epsilon > 0, "epsilon \(settings.epsilon) must be above 0")
    precondition(settings.weightDecay >= 0, "weight decay \(settings.weightDecay) must be at least 0")
    precondition(decays == nil || decays?.count == layout.entries.count, "a choice for each entry")
    precondition(rateScales == nil || rateScales?.count == layout.entries.count, "a scale for each entry")
    self.rateScales = rateScales
    self.settings = settings
    self.layout = layout
    self.decays =
      settings.decaysAll
      ? [Bool](repeating: true, count: layout.entries.count)
      : decays ?? layout.entries.map { !$0.isBiasOrNorm }
    firstMoments = ParameterStorage(layout)
    secondMoments = ParameterStorage(layout)
    steps = [Int](repeating: 0, count: layout.entries.count)
  }

  /// Goes on from where another left off; its moments are to be copied into ``firstMoments`` and
  /// ``secondMoments``.
  public func restore(steps: [Int]) {
    precondition(steps.count == layout.entries.count, "\(steps.count) counts for \(layout.entries.count)")
    self.steps = steps
  }

  /// What a step came to.
  public struct Outcome: Sendable, Equatable {
    /// Before clipping.
    public let norm: GradientNorm
    /// A gradient was infinite or NaN: nothing was changed.
    public var isSkipped: Bool { !norm.isFinite }
  }

  /// One step. The gradients are read only.
  /// - Parameters:
  ///   - clip: the largest norm that all trained gradients together may have; nil for any.
  ///   - average: moves with the parameters, in the same pass.
  public func step(
    _ parameters: ParameterStorage, gradients: ParameterStorage, trainable: TrainableEntries,
    learningRate: Double, clip: Double? = nil, average: MovingAverage? = nil, on compute: Compute
  ) -> Outcome {
    precondition(
      parameters.layout.count == layout.count && gradients.layout.count == layout.count,
      "\(parameters.layout.count) parameters, \(gradients.layout.count) gradients for \(layout.count) moments"
    )
    precondition(
      average == nil || average?.values.layout.count == layout.count, "an average of another layout")
    let outcome = Outcome(norm: GradientNorm(of: gradients, over: trainable, on: compute))
    guard !outcome.isSkipped else { return outcome }
    let averageRate = average?.advance() ?? 0
    for entry in trainable.indices { steps[entry] += 1 }
    let scalars = trainable.indices.reduce(into: [ck_adamw](repeating: ck_adamw(), count: steps.count)) {
      $0[$1] = self.scalars(
        $1, learningRate: learningRate, gradientScale: outcome.norm.scale(limit: clip),
        averageRate: averageRate)
    }
    let pieces = ParameterPieces(layout, trainable).pieces
    compute.run(tasks: pieces.count) { task, _ in
      let (entry, range) = (pieces[task].entry, pieces[task].range)
      withUnsafePointer(to: scalars[entry]) { step in
        let first = range.lowerBound
        compute.kernels.adamw(
          parameters.pointer + first, gradients.pointer + first, firstMoments.pointer + first,
          secondMoments.pointer + first, average.map { $0.values.pointer + first }, range.count, step)
      }
    }
    return outcome
  }

  private func scalars(
    _ entry: Int, learningRate: Double, gradientScale: Double, averageRate: Double
  ) -> ck_adamw {
    let decay = decays[entry] ? settings.weightDecay : 0
    let learningRate = learningRate * (rateScales?[entry] ?? 1)
    return ck_adamw(
      gradient_scale: Float(gradientScale), keep: Float(1 - learningRate * decay),
      first_rate: Float(1 - settings.beta1), second_keep: Float(settings.beta2),
      second_rate: Float(1 - settings.beta2),
      root_scale: Float(1 / (1 - power(settings.beta2, steps[entry])).squareRoot()),
      epsilon: Float(settings.epsilon), size: Float(learningRate / (1 - power(settings.beta1, steps[entry]))),
      average_rate: Float(averageRate))
  }
}

private func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
