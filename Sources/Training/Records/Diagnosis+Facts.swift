/// What a diagnosis looks at in a step.
public struct StepFacts: Sendable, Equatable {
  public var step: Int
  /// Reduced, in nats.
  public var loss: Double
  /// Global, before clipping.
  public var gradientNorm: Double
  public var learningRate: Double
  /// The norm of the step's change of the weights over the norm of the weights; nil where nobody computed it.
  public var updateRatio: Double?
  /// The first utterance whose loss is not finite.
  public var brokenUtterance: String?
  /// Whether that utterance's labels fit into its frames: an infinite loss is then the model's doing, not the
  /// text's.
  public var brokenUtteranceFits: Bool
  /// The first layer whose output is not finite; nil where nobody looked.
  public var brokenLayer: String?

  public init(
    step: Int, loss: Double, gradientNorm: Double, learningRate: Double, updateRatio: Double? = nil,
    brokenUtterance: String? = nil, brokenUtteranceFits: Bool = false, brokenLayer: String? = nil
  ) {
    self.step = step
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.updateRatio = updateRatio
    self.brokenUtterance = brokenUtterance
    self.brokenUtteranceFits = brokenUtteranceFits
    self.brokenLayer = brokenLayer
  }
}

/// What a diagnosis looks at in an evaluation.
public struct EvaluationFacts: Sendable, Equatable {
  public var step: Int
  public var wer: Double
  /// The part of the utterances with a reference whose greedy text is empty.
  public var emptyFraction: Double

  public init(step: Int, wer: Double, emptyFraction: Double) {
    self.step = step
    self.wer = wer
    self.emptyFraction = emptyFraction
  }
}

/// From when on a trouble is one.
enum Thresholds {
  /// Steps of a median that a few odd batches cannot move.
  static let window = 20
  /// Steps of a mean: fifty losses that scatter by a third of their size have a mean good to 5 %, and the
  /// plateau lasts for hundreds.
  static let longWindow = 50
  /// Of what training began with: below this a rise is scatter, however many times the least loss it is. Late
  /// in training, 0.02 against 0.01 is nothing.
  static let noticeable = 0.05
  /// A median a quarter above the least one is outside what batches do to it (1/3 / sqrt(20) = 7 %).
  static let jump = 1.25
  /// Gradients shrink and grow by some factor as a run leaves the plateau; tenfold while the loss rises is an
  /// explosion.
  static let normGrowth = 10.0
  /// Twice the least loss, and by a tenth of what training began with: most of what was learnt is lost.
  static let diverged = 2.0
  static let divergedPart = 0.1
  /// Back this near to the least loss, it is over.
  static let recovered = 1.2
  /// Nineteen in twenty are empty: a model that has begun to emit labels does so nearly everywhere.
  static let blankFraction = 0.95
  /// Half of dev has text: the plateau is left.
  static let leftBlankFraction = 0.5
  /// The plateau's loss falls by less than this from window to window.
  static let flat = 0.02
  /// Standard errors: less is chance (p > 0.05).
  static let significance = 2.0
  /// Since the start: whatever the noise, this is hardly anything.
  static let barely = 0.02
  /// Words are mostly right: the loss may stand still because all is learnt.
  static let learntWER = 0.5
  /// Steps of Adam change weights by about 1e-3 of their size in healthy training from random weights and by
  /// 1e-5 and more in fine-tuning; below, thousands of steps change nothing.
  static let idleUpdate = 1e-6
}
