public import Clustering
public import Training

/// Everything that settles a pre-training run: the flags of `warbler pretrain`, the keys of its YAML file and
/// of `OUT/config.yaml`. ``table`` names each and says what it may be.
///
/// Defaults are those of HuBERT BASE (Hsu et al. 2021, section IV-C, and fairseq's
/// `hubert_base_librispeech`), but for the length of the training and the size of batches, which there fill
/// 32 GPUs. Lists are by round; their last element stands for all further rounds.
public struct PretrainOptions: Sendable, Equatable {
  // MARK: Data
  /// `init`: a config.json whose architecture starts from random weights; empty with ``model``.
  public var initialConfiguration = ""
  /// A checkpoint that training goes on from: the model before the first round. Nil for random weights.
  public var model: String?
  public var train = ""
  /// Held-out speech that the prediction is measured on; nil for none.
  public var dev: String?
  public var out = ""
  /// Whether each utterance is brought to mean 0 and variance 1.
  public var normalises = true

  // MARK: Rounds
  public var rounds = 2
  /// The round behind which this call ends; nil for the last.
  public var round: Int?
  /// Of k-means.
  public var clusters = [100, 500]
  /// `layer`: by round from the second on (with a model to go on from, from the first on), what is clustered;
  /// empty: see ``layer(ofRound:layers:)``.
  public var features: [ClusteredFeatures] = []
  /// What features are standardized over before they are clustered.
  public var standardization = Standardization.none
  /// The part of the utterances that k-means is fitted on.
  public var fraction = 1.0
  /// Whether a round starts from the weights of the one before, rather than from random ones.
  public var continuesWeights = false

  // MARK: Length and learning rate
  /// Updates.
  public var steps = [10_000]
  /// At the schedule's peak.
  public var learningRate = 5e-4
  public var schedule = LearningRateSchedule.Kind.linear
  /// Empty: 8 % of the steps.
  public var warmupSteps: [Int] = []

  // MARK: Optimizer
  public var betas = [0.9, 0.98]
  public var epsilon = 1e-6
  public var weightDecay = 0.01
  /// The global norm that gradients are scaled down to; 0: none.
  public var clip = 10.0

  // MARK: Objective
  /// The share of frames that masks would cover if they did not overlap.
  public var maskProbability = 0.8
  /// Frames.
  public var maskLength = 10
  public var unmaskedWeight = 0.0
  public var featurePenalty = 10.0
  public var encoderGradientScale = 0.1
  public var temperature = 0.1
  public var projectionWidth = 256

  // MARK: Regularization; nil: as config.json says
  public var hiddenDropout: Double?
  public var activationDropout: Double?
  public var attentionDropout: Double?
  public var featureProjectionDropout: Double?
  public var layerDrop: Double?

  // MARK: Batches
  /// Seconds of audio in a step.
  public var batchSeconds = 100.0
  /// Longer utterances are cut to this, each time elsewhere.
  public var cropSeconds = 15.6
  public var seed = 1

  // MARK: Evaluation and checkpoints
  public var evalSteps = 500
  /// nil: as ``evalSteps``.
  public var saveSteps: Int?
  public var keep = 1
  /// Of `OUT/model`.
  public var dataType = DataType.fp32

  // MARK: Machine and records
  /// nil: the number of cores.
  public var threads: Int?
  /// Minutes after which a call saves and ends; nil: never.
  public var maxMinutes: Double?
  public var store: String? = "warbler.db"
  public var noStore = false
  public var tensorBoard = false
  public var quiet = false

  public var resumes = false

  public init() {}

  public enum DataType: String, Sendable, CaseIterable { case fp32, fp16 }
}
