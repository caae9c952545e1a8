import AcousticModel
import Audio
import CTC
import Checkpoints
import JSON
import Tensors
public import Training
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// One fine-tuning run, from the options to the report.
public struct FinetuneRun {
  private let options: FinetuneOptions

  public init(options: FinetuneOptions) { self.options = options }

  /// Trains. `shouldStop` is asked after every step: the step is then saved and the run ends.
  /// - Throws: an error of one line; what was saved before stays good.
  public func run(
    shouldStop: () -> Bool, _ deliver: @escaping (FinetuneEvent) throws -> Void
  ) throws -> FinetuneOutcome {
    let folder = try CheckpointFolder(
      out: options.out, keep: options.keptCheckpoints, resumes: options.resumes)
    let resumed = try options.resumes ? newest(of: folder) : nil
    guard let preparation = try FinetunePreparation(options, resuming: resumed, shouldStop, deliver) else {
      return .interruptedBeforeSteps
    }
    do {
      let session = try FinetuneLoop(preparation, folder: folder, deliver)
      return try session.run(shouldStop: shouldStop)
    } catch {
      // Those that save say it themselves.
      guard !(error is SaveError), let good = folder.newest else { throw error }
      throw InputFailure(
        "\(error); the last good checkpoint is \(good): go on with --resume --out \(options.out)")
    }
  }

  /// The checkpoint to go on from; nil for a run that had saved nothing yet.
  private func newest(of folder: CheckpointFolder) throws -> (directory: String, state: TrainingState)? {
    guard let directory = folder.newest else { return nil }
    return (directory, try TrainingState(contentsOf: directory))
  }
}

/// Everything that a run needs before its first step.
struct FinetunePreparation {
  /// With what the model's configuration settles.
  let options: FinetuneOptions
  let corpus: FinetuneCorpus
  let trainer: Trainer
  let writer: ModelWriter
  let features: FeatureSource
  let schedule: BatchSchedule
  let totalSteps: Int
  /// The state that was gone on from.
  let resumed: TrainingState?
  /// Of what is trained on.
  let dataHash: String
  let compute: Compute

  /// - Returns: nil if `shouldStop` came between.
  init?(
    _ given: FinetuneOptions, resuming: (directory: String, state: TrainingState)?, _ shouldStop: () -> Bool,
    _ deliver: @escaping (FinetuneEvent) throws -> Void
  ) throws {
    var options = given
    let configurationPath = options.model.map { "\($0)/config.json" } ?? options.initialConfiguration ?? ""
    if let model = options.model, resuming == nil { try LoadedModel.checkDirectory(model) }
    if let path = options.initialConfiguration, resuming == nil, access(path, R_OK) != 0 {
      throw InputFailure(path, "cannot be read: \(SystemError(number: errno)); check --init")
    }
    try options.adoptRegularization(
      ofConfiguration: resuming.map { "\($0.directory)/config.json" } ?? configurationPath)
    if let state = resuming?.state, state.identity != options.identity {
      throw InputFailure(
        "\(options.out)/config.yaml",
        "was changed since the run began; put it back, or start anew in another --out")
    }
    // With low-rank factors W0 is the original model's: merged weights do not tell it.
    let source = options.loraRank > 0 ? nil : resuming?.directory
    var model = try FinetuneModel(options, from: source)
    let threads = options.threads ?? availableProcessors()
    guard
      let corpus = try FinetuneCorpus(
        options, source: try model.source(resumes: source != nil), configuration: model.configuration,
        sampleRate: model.preprocessing.sampleRate, threads: threads, shouldStop: shouldStop)
    else { return nil }
    for note in corpus.notes { try deliver(.note(note)) }
    let frames = corpus.train.map { example in
      let samples = Int(example.seconds * Double(model.preprocessing.sampleRate))
      return model.configuration.featureFrames(for: samples).last ?? 0
    }
    if let note = options.noteOnMasks(frames: frames) { try deliver(.note(note)) }

    let compute = Compute(threads: threads, level: try KernelLevel.chosen())
    let (weights, encoder, notes) = try model.weights(
      for: corpus.vocabulary, resumes: source != nil, on: compute)
    for note in notes { try deliver(.note(note)) }
    writer = try model.writer(corpus.vocabulary)
    dataHash = corpus.hash(of: corpus.train)
    if let state = resuming?.state, state.data != dataHash {
      throw InputFailure(
        options.train, "is not the data that the run began with; put it back, or start anew in another --out")
    }
    schedule = BatchSchedule(seconds: corpus.train.map(\.seconds), options: options.batchOptions)
    totalSteps = options.steps ?? schedule.firstStep(ofEpoch: options.epochs ?? 1)
    // Settled once: going on to more steps must not move the warm-up.
    options.warmupSteps = options.phases(ofSteps: totalSteps).warmup
    trainer = Trainer(weights, settings: options.trainerSettings(steps: totalSteps), on: compute)
    if let (directory, state) = resuming {
      try TrainingState.restore(trainer.state, from: directory)
      guard state.details["weights_crc32c"]?.string == trainer.weightsCheckSum else {
        throw InputFailure(
          "\(directory)/model.safetensors",
          "is not what was saved; remove this checkpoint, and resume from the one before it")
      }
      guard trainer.restore(step: state.step, counts: state.details) else {
        throw InputFailure(
          "\(directory)/state.json", "is not of these options; resume from another checkpoint")
      }
    }
    features = FeatureSource(
      encoder: try encoder.map {
        try FrozenFeatureEncoder(configuration: model.configuration, weights: $0, on: compute)
      }, configuration: model.configuration, preprocessing: model.preprocessing,
      cache: try encoder.map { try Self.cache(options, model, $0, deliver) },
      augmentation: try options.augmentation())
    self.options = options
    self.corpus = corpus
    self.compute = compute
    resumed = resuming?.state
  }

  private static func cache(
    _ options: FinetuneOptions, _ model: FinetuneModel, _ encoder: TensorArchive,
    _ deliver: @escaping (FinetuneEvent) throws -> Void
  ) throws -> FeatureCache {
    let report = Reporter(deliver: deliver)
    return try FeatureCache(
      directory: options.featureCache ?? "\(options.out)/features",
      encoderHash: try featureEncoderHash(
        weights: encoder, configuration: model.configuration, preprocessing: model.preprocessing),
      precision: options.cachePrecision == .fp16 ? .float16 : .float32, limitBytes: options.cacheSize
    ) { report.note($0) }
  }
}

/// The cache reports on the thread that asks it, which is the run's own.
private struct Reporter: @unchecked Sendable {
  let deliver: (FinetuneEvent) throws -> Void

  func note(_ line: String) { try? deliver(.note(line)) }
}
