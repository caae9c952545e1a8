import AcousticModel
import Checkpoints
import JSON
import Pretraining
import Store
import Tensors
import Training

/// The training of one round: its steps, with what is written on the way into `OUT/round-N`.
final class PretrainRound {
  /// What a round is made of.
  struct Plan {
    /// From 1.
    let number: Int
    /// With what the model's configuration settles.
    let options: PretrainOptions
    let configuration: ModelConfiguration
    let writer: PretrainedModelWriter
    let batches: PretrainBatches
    /// nil without a dev set.
    let dev: PretrainBatches?
    /// Hash of everything that its weights depend on but the options.
    let inputs: String
    /// The checkpoint that weights come from; nil for random ones.
    let initialWeights: String?

    var directory: String { "\(options.out)/round-\(number)" }
    var steps: Int { options.steps(ofRound: number) }
    var identity: String { options.identity(ofRound: number, layers: configuration.layers) }
  }

  private let plan: Plan
  private let folder: CheckpointFolder
  private let trainer: Pretrainer
  private let compute: Compute
  private let deliver: (PretrainEvent) throws -> Void
  private let log: MetricsLog
  private let board: TensorBoardWriter?
  private let recorder: TrainingRecorder?
  private var diagnosis: PretrainDiagnosis
  private var findings: [String] = []
  private var lastEvaluation: PredictionEvaluation?
  private lazy var devReader = plan.dev?.reader()
  private let begun = monotonicSeconds()

  private var options: PretrainOptions { plan.options }

  /// Opens the round's folder and goes on from its newest checkpoint, if it has one.
  /// - Throws: one line, if the folder holds a training of other inputs.
  init(_ plan: Plan, on compute: Compute, _ deliver: @escaping (PretrainEvent) throws -> Void) throws {
    self.plan = plan
    self.compute = compute
    self.deliver = deliver
    let (options, number) = (plan.options, plan.number)
    folder = try CheckpointFolder(out: plan.directory, run: options.out, keep: options.keep, resumes: true)
    let resumed = try folder.newest.map { (directory: $0, state: try TrainingState(contentsOf: $0)) }
    if let state = resumed?.state, state.data != plan.inputs {
      throw InputFailure(
        plan.directory,
        "was trained on other speech, labels, architecture or a model before it that has changed since; "
          + Self.remedy(plan.number))
    }

    let objective = options.objective(ofRound: number)
    let initialisation = RandomInitialisation(
      plan.configuration, range: plan.writer.document.initializerRange,
      seed: options.trainerSettings(ofRound: number).seed)
    let parameters = initialisation.parameters(
      ParameterLayout(pretraining: plan.configuration, objective), on: compute)
    if let directory = plan.initialWeights, resumed == nil {
      try parameters.adopt(pretrained: directory, configuration: plan.configuration)
    }
    trainer = Pretrainer(
      parameters, configuration: plan.configuration, objective: objective,
      settings: options.trainerSettings(ofRound: number), on: compute)
    if let (directory, state) = resumed {
      try TrainingState.restore(trainer.state, from: directory)
      guard trainer.restore(step: state.step, counts: state.details) else {
        throw InputFailure(
          "\(directory)/state.json", "is not of these options; resume from another checkpoint")
      }
    }
    try Self.checkNothingBuildsOn(plan, step: trainer.step)
    let step = resumed?.state.step
    log = try MetricsLog(path: "\(plan.directory)/metrics.jsonl", resumingAt: step)
    board =
      options.tensorBoard
      ? try TensorBoardWriter(directory: "\(plan.directory)/tensorboard", resumingAt: step) : nil
    recorder =
      options.noStore
      ? nil
      : try TrainingRecorder(
        store: options.store ?? "warbler.db", directory: plan.directory, settings: options.settings,
        model: plan.initialWeights,
        data: [
          "round": .integer(Int64(number)), "inputs": .string(plan.inputs),
          "train_seconds": .number(plan.batches.corpus.seconds),
        ], resumedStep: step ?? 0)
    diagnosis = PretrainDiagnosis(
      learningRate: options.learningRate, warmupSteps: options.warmup(ofRound: number),
      penaltyWeight: options.featurePenalty)
    try catchUp(with: step)
  }

  /// Refuses options that a round which has been trained before was not trained with.
  /// - Parameter layers: of the transformer.
  static func checkOptions(_ options: PretrainOptions, round: Int, layers: Int) throws {
    let directory = "\(options.out)/round-\(round)"
    guard fileExists("\(directory)/last/state.json") else { return }
    let state = try TrainingState(contentsOf: "\(directory)/last")
    let old = state.identity.split(separator: "\n")
    let new = options.identity(ofRound: round, layers: layers).split(separator: "\n")
    guard old != new else { return }
    let lost = old.first { !new.contains($0) } ?? "other options"
    let found = new.first { !old.contains($0) } ?? "none of that"
    throw InputFailure(
      directory, "was trained with '\(lost)', and now it is '\(found)'; \(remedy(round))")
  }

  private static func remedy(_ round: Int) -> String {
    "put it back, remove round-\(round) and those behind it, or choose another --out"
  }

  /// Refuses more steps where the next round has begun behind this one.
  private static func checkNothingBuildsOn(_ plan: Plan, step: Int) throws {
    let next = "\(plan.options.out)/round-\(plan.number + 1)"
    guard step < plan.steps,
      namesInDirectory("\(next)/checkpoints").contains(where: { $0.hasPrefix("step-") })
    else { return }
    throw InputFailure(
      next,
      "was begun behind step \(step) of round \(plan.number), which is now to go on to \(plan.steps): give --steps "
        + "as it was, or remove round-\(plan.number + 1) and those behind it")
  }

  /// The store may not know of what a killed run saved last.
  private func catchUp(with step: Int?) throws {
    guard let step else { return }
    for record in try MetricsLog.records(at: log.path) {
      try recorder?.add(record)
      if case .prediction(let evaluation) = record { lastEvaluation = evaluation }
    }
    try register(folder.path(ofStep: step), step: step)
  }

  /// The directory of the newest checkpoint; nil before the first.
  var newest: String? { folder.newest }

  /// Trains up to the round's last step.
  /// - Parameter shouldStop: asked after every step, which is then saved.
  /// - Returns: whether the round is complete.
  func run(shouldStop: () -> Bool) throws -> Bool {
    do {
      let isComplete = try train(shouldStop)
      try recorder?.end(as: isComplete ? .finished : .interrupted)
      try writeReport(isComplete: isComplete)
      return isComplete
    } catch {
      try? recorder?.end(as: .failed, message: "\(error)")
      // Errors of saving say it themselves.
      guard !(error is SaveError), let good = folder.newest else { throw error }
      throw InputFailure(
        "\(error); the last good checkpoint is \(good): go on with --resume --out \(options.out)")
    }
  }

  private func train(_ shouldStop: () -> Bool) throws -> Bool {
    let total = plan.steps
    if trainer.step >= total {
      try deliver(.note("round \(plan.number): trained \(trainer.step) steps already"))
      return true
    }
    try deliver(.started(round: plan.number, step: trainer.step, total: total))
    let feed = PretrainFeed(plan.batches, from: trainer.step, to: total)
    while trainer.step < total {
      try takeStep(feed)
      let step = trainer.step
      let isLast = step == total
      if plan.dev != nil, step % options.evalSteps == 0 || isLast { try evaluate() }
      let stops = shouldStop()
      if isLast || stops || step % options.saveInterval == 0 { try save() }
      if stops && !isLast { return false }
    }
    return true
  }

  private func takeStep(_ feed: PretrainFeed) throws {
    let start = monotonicSeconds()
    let batch = try feed.next()
    let update = trainer.update(batch.utterances)
    let figures = update.figures
    let record = StepRecord(
      step: trainer.step, epoch: batch.plan.epochsDone, loss: figures.loss, learningRate: update.learningRate,
      gradientNorm: update.gradientNorm, audioSeconds: batch.audioSeconds,
      seconds: monotonicSeconds() - start, prediction: PredictionFigures(figures))
    try write(.step(record))
    try deliver(.step(record))
    let found = diagnosis.observe(
      step: record.step, figures: figures, learningRate: update.learningRate,
      gradientNorm: update.gradientNorm, brokenUtterance: figures.breakdown.map { batch.ids[$0.utterance] })
    for finding in found {
      findings.append(finding.message)
      try deliver(.note(finding.message))
    }
  }

  private func write(_ record: MetricsRecord) throws {
    try log.append(record)
    try board?.append(record)
    try recorder?.add(record)
  }

  private func evaluate() throws {
    guard var reader = devReader else { return }
    var average = PredictionAverage()
    for number in 0..<reader.stepsInEpoch {
      average.add(trainer.evaluate(try reader.step(number).utterances, number: number))
    }
    let record = average.evaluation(atStep: trainer.step)
    lastEvaluation = record
    try write(.prediction(record))
    try deliver(.evaluation(record))
  }

  // MARK: Files

  private func save() throws {
    try log.synchronize()
    let step = trainer.step
    let state = TrainingState(
      step: step, seed: options.seed, best: BestEvaluation(metric: .loss, patience: 0),
      identity: plan.identity,
      data: plan.inputs, details: trainer.counts)
    let path = try folder.save(step: step, isBest: false) { directory in
      try plan.writer.write(trainer.parameters, to: directory)
      try state.write(to: directory, tensors: trainer.state)
    }
    try register(path, step: step)
    try deliver(.saved(step: step, path: path))
  }

  private func register(_ path: String, step: Int) throws {
    let measured = lastEvaluation.flatMap { $0.step == step ? MetricsRecord.prediction($0) : nil }
    try recorder?.register(checkpoint: path, step: step, evaluation: measured)
  }

  /// The weights as they are now, as a directory that `HubertModel` loads.
  func writeModel(as type: DataType, to directory: String) throws {
    try plan.writer.write(trainer.parameters, as: type, to: directory)
  }

  private func writeReport(isComplete: Bool) throws {
    var summary = RunSummary(
      title: plan.directory,
      outcome: isComplete
        ? "round \(plan.number): finished after \(trainer.step) steps"
        : "round \(plan.number): interrupted after \(trainer.step) of \(plan.steps) steps")
    let corpus = plan.batches.corpus
    summary.facts = [
      RunSummary.Row("weights", plan.initialWeights ?? "random, of \(options.configuration)"),
      RunSummary.Row("clusters", "\(options.classes(ofRound: plan.number))"),
      RunSummary.Row("warbler", warblerVersion), RunSummary.Row("threads", "\(compute.threads)"),
      RunSummary.Row("kernels", compute.level.rawValue),
      RunSummary.Row("time of this call", "\(shortNumber((monotonicSeconds() - begun) / 60)) min"),
    ]
    summary.settings = options.settings
    summary.corpus = [
      RunSummary.Row("train utterances", "\(corpus.examples.count)"),
      RunSummary.Row("train minutes", shortNumber(corpus.seconds / 60)),
      RunSummary.Row(
        "train rows left out", "\(corpus.failures.count + corpus.tooShort)",
        isNotable: corpus.failures.count + corpus.tooShort > 0),
    ]
    summary.records = try MetricsLog.records(at: log.path)
    summary.checkpoints = folder.steps.map {
      RunSummary.Checkpoint(
        step: $0, path: folder.path(ofStep: $0), isBest: false, isLast: $0 == folder.steps.last)
    }
    summary.findings = findings
    try summary.write(to: plan.directory)
  }
}
