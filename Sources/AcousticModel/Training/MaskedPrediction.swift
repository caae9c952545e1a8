/// HuBERT's objective (Hsu et al. 2021, section II-B): with h_t what the network makes of masked speech, A a
/// projection, e_c an embedding of each cluster c, z_t a frame's cluster and M the masked frames,
///
///     p(c | h_t) = exp(cos(A h_t, e_c) / temperature) / sum over c' of exp(cos(A h_t, e_c') / temperature)
///     loss = (masked weight x sum over M of -ln p(z_t) + unmasked weight x sum over the others) / frames
///            + feature penalty x mean of the squared features
///
/// where `frames` counts those of a weight above 0, as in fairseq's criterion.
public struct MaskedPrediction: Sendable, Equatable {
  /// Clusters.
  public var classes: Int
  /// Of A h and e.
  public var projectionWidth = 256
  public var temperature: Float = 0.1
  public var maskedWeight = 1.0
  public var unmaskedWeight = 0.0
  /// On what the feature encoder gives, before its norm.
  public var featurePenalty = 10.0
  /// Times the gradient that goes into the feature encoder, the penalty's included.
  public var encoderGradientScale: Float = 0.1

  public init(classes: Int) { self.classes = classes }
}

/// One utterance, or a crop of one, of a batch of pre-training.
public struct PretrainingUtterance: Sendable {
  /// At the model's sample rate, normalised if its preprocessing says so.
  public let waveform: [Float]
  /// The cluster of each frame that the feature encoder gives.
  public let targets: [Int]
  /// Tells it apart to the random numbers; no other utterance of the step has it.
  public let key: UInt32

  public init(waveform: [Float], targets: [Int], key: UInt32) {
    self.waveform = waveform
    self.targets = targets
    self.key = key
  }
}

/// What a step of pre-training came to.
public struct PretrainingFigures: Sendable {
  /// The whole objective.
  public var loss = 0.0
  /// Nats a frame; 0 without frames.
  public var maskedLoss = 0.0
  public var unmaskedLoss = 0.0
  /// The part of the frames whose cluster is the most probable; 0 without frames.
  public var maskedAccuracy = 0.0
  public var unmaskedAccuracy = 0.0
  public var maskedFrames = 0
  public var unmaskedFrames = 0
  /// The mean of the squared features.
  public var featurePenalty = 0.0
  /// How often each cluster was the most probable of a masked frame.
  public var predicted: [Int]
  /// How often each cluster was a masked frame's own.
  public var targets: [Int]
  /// Where the first NaN or infinity stands, if the loss is not finite: the place among the step's
  /// utterances, and the module as transformers names it.
  public var breakdown: StepLosses.Breakdown?

  init(classes: Int) {
    predicted = [Int](repeating: 0, count: classes)
    targets = predicted
  }
}
