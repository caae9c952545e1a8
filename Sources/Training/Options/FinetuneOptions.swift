public import CTC

/// Everything that settles a fine-tuning run: the flags of `warbler finetune`, the keys of its YAML file and
/// of `OUT/config.yaml`. ``table`` names each and says what it may be.
///
/// Optimizer and schedule default to the published fine-tuning recipe of wav2vec 2.0 and HuBERT (Baevski et
/// al. 2020, appendix B; Hsu et al. 2021): Adam (0.9, 0.98), 1e-8, no weight decay, tri-stage 10/40/50 %,
/// final scale 0.05, peak 5e-5. The loss and its clipping are Hugging Face's (`mean`, norm 1), so that the
/// size of a batch does not change what a learning rate means. nil stands for a default that the model or
/// another option decides.
public struct FinetuneOptions: Sendable, Equatable {
  // MARK: Model and data
  public var model: String?
  /// `init`: a config.json whose architecture starts from random weights.
  public var initialConfiguration: String?
  public var train = ""
  public var dev = ""
  public var out = ""
  public var vocabulary: String?
  public var vocabularyFromData = false
  /// What classes that the checkpoint has no row for begin with.
  public var headStart = HeadStart.normal
  public var badRows = BadRows.leaveOut

  // MARK: Length and learning rate
  /// Updates; nil where ``epochs`` decides.
  public var steps: Int?
  public var epochs: Int? = 30
  /// At the schedule's peak.
  public var learningRate = 5e-5
  public var schedule = Schedule.triStage
  /// nil: a tenth of all steps.
  public var warmupSteps: Int?
  /// Tri-stage: the part of all steps at the peak; nil: see ``phases(ofSteps:)``.
  public var holdRatio: Double?
  /// Tri-stage: the part of all steps over which the rate falls; nil: see ``phases(ofSteps:)``.
  public var decayRatio: Double?
  /// Tri-stage: the last learning rate as a part of the peak.
  public var finalScale = 0.05

  // MARK: Optimizer and loss
  public var optimizer = Optimizer.adamW
  public var betas = [0.9, 0.98]
  public var epsilon = 1e-8
  public var weightDecay = 0.0
  public var decayAll = false
  /// The global norm that gradients are scaled down to; 0: none.
  public var clip = 1.0
  public var lossReduction = CTCReduction.mean
  public var zeroInfinity = true
  public var freezeSteps = 0
  public var freezeLayers = 0
  /// Trains the convolutions in front too, which are frozen otherwise.
  public var trainFeatureEncoder = false
  /// Times the learning rate, for the feature encoder.
  public var featureEncoderRateScale = 1.0
  /// 0: no average is kept.
  public var emaDecay = 0.0

  // MARK: Regularization; nil: as the model's config.json says
  public var hiddenDropout: Double?
  public var activationDropout: Double?
  public var attentionDropout: Double?
  public var featureProjectionDropout: Double?
  public var finalDropout: Double?
  public var layerDrop: Double?
  public var maskTimeProbability: Double?
  public var maskTimeLength: Int?
  public var maskTimeMinimum: Int?
  public var maskFeatureProbability: Double?
  public var maskFeatureLength: Int?
  public var maskFeatureMinimum: Int?

  // MARK: Low rank
  /// 0: every weight is trained.
  public var loraRank = 0
  /// nil: twice the rank.
  public var loraAlpha: Double?
  public var loraTargets = FinetuneOptions.loraProjections
  public var loraSave = LoRASave.merged

  // MARK: Batches and augmentation
  /// Seconds of audio in a batch; nil where ``batchSize`` decides.
  public var batchSeconds: Double? = 100
  /// Utterances in a batch.
  public var batchSize: Int?
  public var noShuffle = false
  /// Batches a step.
  public var accumulate = 1
  public var speedPerturb: [Double] = []
  /// Gain is drawn from -X to X decibels.
  public var gainDecibels = 0.0
  public var noise: String?
  /// Signal-to-noise ratio, from low to high, in decibels.
  public var noiseSNR = [5.0, 20.0]
  public var noiseProbability = 0.5
  public var seed = 1

  // MARK: Evaluation and checkpoints
  public var evalSteps = 250
  /// nil: at every evaluation.
  public var saveSteps: Int?
  public var keep = 2
  public var bestMetric = BestMetric.wer
  /// Evaluations without a new best before training ends; 0: never.
  public var earlyStopping = 0
  /// Checkpoints averaged at the end; 0: none.
  public var averageCheckpoints = 0
  public var averageBy = AverageBy.last

  // MARK: Machine and records
  public var precision = Precision.fp32
  /// nil: the number of cores.
  public var threads: Int?
  /// nil: `OUT/features`.
  public var featureCache: String?
  /// Bytes.
  public var cacheSize = 20_000_000_000
  public var cachePrecision = CachePrecision.fp16
  public var checkpointActivations = false
  public var store: String? = "warbler.db"
  public var noStore = false
  public var tensorBoard = false
  public var quiet = false

  /// `--resume`: go on from the newest checkpoint in ``out``. Not a key of the file.
  public var resumes = false

  public init() {}

  public enum Schedule: String, Sendable, CaseIterable {
    case constant, linear, cosine
    case triStage = "tri-stage"
  }

  public enum Optimizer: String, Sendable, CaseIterable { case adamW = "adamw" }

  public enum BadRows: String, Sendable, CaseIterable {
    case leaveOut = "leave-out"
    case stop
  }

  public enum LoRASave: String, Sendable, CaseIterable { case merged, peft }

  public enum Precision: String, Sendable, CaseIterable { case fp32, bf16 }

  public enum CachePrecision: String, Sendable, CaseIterable { case fp16, fp32 }

  public enum AverageBy: String, Sendable, CaseIterable { case last, best }

  /// The projections that low-rank factors can be put on, as transformers names them.
  public static let loraProjections = [
    "q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense", "output_dense",
  ]
}
