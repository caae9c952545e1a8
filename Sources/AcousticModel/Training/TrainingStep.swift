public import CTC
public import Tensors

/// What a network that is trained sees of an utterance.
public enum TrainingInput: Sendable {
  /// (T, C): what the frozen feature encoder gives.
  case features(MatrixBuffer)
  /// At the model's sample rate, normalised if its preprocessing says so: for a network whose feature encoder
  /// is trained too.
  case waveform([Float])
}

/// One utterance of a batch.
public struct TrainingUtterance: Sendable {
  public let input: TrainingInput
  public let labels: [Int]
  /// Tells it apart to the random numbers: its place in the corpus, say.
  public let key: UInt32

  public init(_ input: TrainingInput, labels: [Int], key: UInt32) {
    self.input = input
    self.labels = labels
    self.key = key
  }

  public init(features: MatrixBuffer, labels: [Int], key: UInt32) {
    self.init(.features(features), labels: labels, key: key)
  }

  public init(waveform: [Float], labels: [Int], key: UInt32) {
    self.init(.waveform(waveform), labels: labels, key: key)
  }
}

/// How a step's loss is computed, and of what its gradient.
public struct StepOptions: Sendable, Equatable {
  public var seed: UInt64
  /// From 1; with the seed it determines all random numbers of the step.
  public var step: Int
  public var regularization: Regularization
  public var reduction: CTCReduction
  /// The utterances that the reduction takes its mean over: all of the step's, however many calls share it.
  public var utterancesOfStep: Int
  /// Computes gradients of the CTC head alone.
  public var trainsHeadOnly = false
  /// The first layers of the transformer that get no gradients, and with them all that comes before.
  public var frozenLayers = 0
  /// Keeps only the input of each layer, and computes the layer again in the backward pass: a third more time
  /// for about an eleventh of the memory.
  public var checkpointsActivations = false
  /// Masks to use in place of drawn ones, by utterance.
  var fixedMasks: [UInt32: TrainableFront.Masks]?

  public init(
    seed: UInt64, step: Int, regularization: Regularization, reduction: CTCReduction, utterancesOfStep: Int
  ) {
    self.seed = seed
    self.step = step
    self.regularization = regularization
    self.reduction = reduction
    self.utterancesOfStep = utterancesOfStep
  }
}

/// The losses of a batch.
public struct StepLosses: Sendable {
  /// Of each utterance, in nats: infinite where there are too few frames for the labels, NaN where the
  /// network broke down.
  public var losses: [Double] = []
  /// Where the first NaN or infinity stands, for each utterance whose loss is NaN.
  public var breakdowns: [Breakdown] = []

  public init() {}

  public struct Breakdown: Sendable, Equatable {
    public let utterance: Int
    /// As transformers names modules, such as `encoder.layers.3`.
    public let place: String

    public init(utterance: Int, place: String) {
      self.utterance = utterance
      self.place = place
    }
  }
}

/// Where the network draws random numbers (`RandomSource.site`).
enum Site {
  static func featureProjection() -> Int { 0 }
  static func positions() -> Int { 1 }
  static func head() -> Int { 2 }
  static func timeMask() -> Int { 3 }
  static func featureMask() -> Int { 4 }
  static func attentionWeights(layer: Int) -> Int { 8 * (layer + 1) }
  static func attention(layer: Int) -> Int { 8 * (layer + 1) + 1 }
  static func activation(layer: Int) -> Int { 8 * (layer + 1) + 2 }
  static func feedForward(layer: Int) -> Int { 8 * (layer + 1) + 3 }
  static func layerDrop(layer: Int) -> Int { 8 * (layer + 1) + 4 }

  /// Layers that there are sites for.
  static let mostLayers = RandomSource.siteLimit / 8 - 1
}

extension StepOptions {
  func source(_ site: Int) -> RandomSource { RandomSource(seed: seed, step: step, site: site) }

  /// Whether the layer is skipped in this step.
  public func drops(layer: Int) -> Bool {
    regularization.layerDrop > 0
      && source(Site.layerDrop(layer: layer)).uniform(0) < Double(regularization.layerDrop)
  }
}
