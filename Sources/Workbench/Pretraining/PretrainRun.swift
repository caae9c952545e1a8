import AcousticModel
import Checkpoints
import Hashing
public import Pretraining
import Tensors
import Training

#if canImport(Glibc)
import Glibc
#endif

/// HuBERT's whole recipe, from a manifest to a model: in every round clusters, then training on them.
///
/// A stage whose inputs are as they were is not done again, and one that was cut short goes on where it was.
public struct PretrainRun {
  private let options: PretrainOptions

  public init(options: PretrainOptions) { self.options = options }

  /// Trains. `shouldStop` is asked after every step: the step is then saved and the run ends.
  /// - Throws: an error of one line; what was saved before stays good.
  public func run(
    shouldStop: @escaping () -> Bool, _ deliver: @escaping (PretrainEvent) throws -> Void
  ) throws -> PretrainOutcome {
    let start = monotonicSeconds()
    let limit = options.maxMinutes.map { $0 * 60 } ?? .infinity
    func isOver() -> Bool { monotonicSeconds() - start >= limit }
    let stops = { shouldStop() || isOver() }
    try makeDirectoryTree(options.out)
    let lock = try DirectoryLock(options.out)
    // What a killed run left half written.
    for name in namesInDirectory(options.out)
    where [".config.yaml.", ".model."].contains(where: name.hasPrefix) {
      try removeTree("\(options.out)/\(name)")
    }
    defer { withExtendedLifetime(lock) {} }
    guard let recipe = try PretrainRecipe(options, shouldStop: stops, deliver) else {
      return shouldStop() ? .interrupted : .timeIsUp
    }
    for round in 1...recipe.options.lastRound {
      guard try recipe.train(round: round, shouldStop: stops, deliver) else {
        return shouldStop() ? .interrupted : .timeIsUp
      }
    }
    return .finished
  }
}

/// What all rounds share.
private struct PretrainRecipe {
  /// With what the model's configuration settles.
  let options: PretrainOptions
  private let configuration: ModelConfiguration
  private let writer: PretrainedModelWriter
  private let corpus: PretrainCorpus
  private let dev: PretrainCorpus?
  private let compute: Compute

  /// - Returns: nil if `shouldStop` came between.
  init?(
    _ given: PretrainOptions, shouldStop: () -> Bool, _ deliver: (PretrainEvent) throws -> Void
  ) throws {
    var options = given
    let path = options.configuration
    guard access(path, R_OK) == 0 else {
      let option = options.model == nil ? "--init" : "--model"
      throw InputFailure(path, "cannot be read: \(SystemError(number: errno)); check \(option)")
    }
    configuration = try ModelConfiguration(contentsOf: path, acceptsPretrained: true)
    guard configuration.architecture == .hubert else {
      throw InputFailure(path, "model_type: expected hubert, found wav2vec2, whose pre-training is another")
    }
    guard configuration.hop % ClusterStage.mfccHop == 0 else {
      throw InputFailure(
        path,
        "conv_stride: expected frames every \(ClusterStage.mfccHop) samples or a multiple, as MFCCs have them, "
          + "found every \(configuration.hop)")
    }
    for round in 1...options.lastRound {
      if let layer = options.layer(ofRound: round, layers: configuration.layers), layer > configuration.layers
      {
        throw UsageError("--layer \(layer): expected at most \(configuration.layers), the layers of \(path)")
      }
    }
    try options.adoptRegularization(ofConfiguration: path)
    // Settled once: going on to more steps must not move the warm-up.
    options.warmupSteps = (1...options.rounds).map(options.warmup)
    for round in 1...options.rounds {
      try PretrainRound.checkOptions(options, round: round, layers: configuration.layers)
    }
    try options.write(to: "\(options.out)/config.yaml")
    writer = PretrainedModelWriter(
      document: try ModelDocument(contentsOf: path), configuration: configuration,
      normalises: options.normalises)
    let threads = options.threads ?? availableProcessors()
    func read(_ manifest: String, _ configuration: ModelConfiguration) throws -> PretrainCorpus? {
      try PretrainCorpus(
        manifest: manifest, configuration: configuration, sampleRate: ClusterStage.sampleRate,
        fewestFrames: options.maskLength + 1, threads: threads, shouldStop: shouldStop)
    }
    guard let corpus = try read(options.train, configuration) else { return nil }
    for note in corpus.notes("train") { try deliver(.note(note)) }
    self.corpus = corpus
    if let manifest = options.dev {
      guard let dev = try read(manifest, configuration) else { return nil }
      for note in dev.notes("dev") { try deliver(.note(note)) }
      self.dev = dev
    } else {
      dev = nil
    }
    compute = Compute(threads: threads, level: try KernelLevel.chosen())
    self.options = options
  }

  /// Clusters and trains a round, or finds it done.
  /// - Returns: whether it is complete.
  func train(
    round: Int, shouldStop: () -> Bool, _ deliver: @escaping (PretrainEvent) throws -> Void
  ) throws -> Bool {
    let directory = "\(options.out)/round-\(round)"
    let previous = round > 1 ? "\(options.out)/round-\(round - 1)/last" : options.model
    let stage = ClusterStage(
      round: round, directory: "\(directory)/clusters", clusters: options.classes(ofRound: round),
      layer: options.layer(ofRound: round, layers: configuration.layers), model: previous,
      standardization: options.standardization, fraction: options.fraction, seed: UInt64(options.seed),
      framesPerSecond: Double(corpus.sampleRate) / Double(configuration.hop))
    guard let labels = try stage.labels(of: corpus, dev: dev, on: compute, shouldStop: shouldStop, deliver)
    else {
      return false
    }
    let initial = options.continuesWeights || round == 1 ? previous : nil
    let plan = PretrainRound.Plan(
      number: round, options: options, configuration: configuration, writer: writer,
      batches: batches(corpus, labels.train, labels.hop, round),
      dev: dev.map { batches($0, labels.dev, labels.hop, round) },
      inputs: try inputs(labels: labels.hash, initial), initialWeights: initial)
    let training = try PretrainRound(plan, on: compute, deliver)
    guard try training.run(shouldStop: shouldStop) else { return false }
    if round == options.lastRound { try publish(training, round: round, deliver) }
    return true
  }

  private func batches(
    _ corpus: PretrainCorpus, _ labels: [[UInt16]], _ labelHop: Int, _ round: Int
  ) -> PretrainBatches {
    PretrainBatches(
      corpus: corpus, labels: labels, targets: FrameTargets(configuration, labelHop: labelHop),
      hop: configuration.hop, options: options.batchOptions(ofRound: round),
      cropSamples: max(configuration.receptiveField, Int(options.cropSeconds * Double(corpus.sampleRate))),
      normalises: options.normalises)
  }

  /// The hash of what a round's weights depend on beside options.
  private func inputs(labels: String, _ initial: String?) throws -> String {
    var text = "speech \(corpus.hash)\nlabels \(labels)\n"
    text += "architecture \(try SHA256.hex(ofFile: options.configuration))\n"
    for file in try initial.map({ try TensorArchive(path: $0).files }) ?? [] {
      text += "weights \(try SHA256.hex(ofFile: file.path))\n"
    }
    return SHA256.hex(of: text)
  }

  /// `OUT/model`: a link to the round's last checkpoint, or its weights in half precision.
  private func publish(
    _ training: PretrainRound, round: Int, _ deliver: (PretrainEvent) throws -> Void
  ) throws {
    let place = "\(options.out)/model"
    if isDirectory(place) {
      let old = "\(options.out)/.model.\(unique())"
      guard rename(place, old) == 0 else { throw writeFailure(place, errno) }
      try removeTree(old)
    }
    if options.dataType == .fp32 {
      try replaceLink("model", in: options.out, leadingTo: "round-\(round)/last")
    } else {
      let new = "\(options.out)/.model.\(unique())"
      guard mkdir(new, 0o777) == 0 else { throw writeFailure(new, errno) }
      try training.writeModel(as: .float16, to: new)
      unlink(place)
      guard rename(new, place) == 0 else { throw writeFailure(place, errno) }
      try flush(options.out)
    }
    try deliver(.note("round \(round) is done: \(place)"))
  }
}
