import AcousticModel
import Checkpoints
import JSON
import Store
import Tensors
import Training

#if canImport(Glibc)
import Glibc
#endif

/// The steps of a run, with what is written on the way: metrics, evaluations, checkpoints, records of the
/// store.
final class FinetuneLoop {
  private let preparation: FinetunePreparation
  private let folder: CheckpointFolder
  private let deliver: (FinetuneEvent) throws -> Void
  private let log: MetricsLog
  private let board: TensorBoardWriter?
  private let recorder: TrainingRecorder?
  private let evaluation: DevEvaluation
  private var best: BestEvaluation
  private var diagnosis: Diagnosis
  private var findings: [String] = []
  private var lastEvaluation: EvaluationRecord?
  /// Evaluations of checkpoints that are still there, for the average of the best.
  private var evaluations: [EvaluationRecord] = []
  private let begun = monotonicSeconds()

  private var options: FinetuneOptions { preparation.options }
  private var trainer: Trainer { preparation.trainer }

  init(
    _ preparation: FinetunePreparation, folder: CheckpointFolder,
    _ deliver: @escaping (FinetuneEvent) throws -> Void
  ) throws {
    self.preparation = preparation
    self.folder = folder
    self.deliver = deliver
    let options = preparation.options
    let step = preparation.resumed?.step
    try options.write(to: "\(options.out)/config.yaml")
    log = try MetricsLog(path: "\(options.out)/metrics.jsonl", resumingAt: step)
    board =
      options.tensorBoard
      ? try TensorBoardWriter(directory: "\(options.out)/tensorboard", resumingAt: step) : nil
    recorder =
      options.noStore
      ? nil
      : try TrainingRecorder(
        store: options.store ?? "warbler.db", directory: options.out, settings: options.settings,
        model: options.model,
        data: [
          "train": .string(preparation.dataHash),
          "dev": .string(preparation.corpus.hash(of: preparation.corpus.dev)),
          "train_seconds": .number(preparation.corpus.train.reduce(0) { $0 + $1.seconds }),
        ], resumedStep: options.resumes ? step ?? 0 : nil)
    evaluation = DevEvaluation(
      examples: preparation.corpus.dev, vocabulary: preparation.corpus.vocabulary,
      reduction: options.lossReduction, zeroInfinity: options.zeroInfinity)
    best =
      preparation.resumed?.best
      ?? BestEvaluation(metric: options.bestMetric, patience: options.earlyStopping)
    if let step = best.best?.step { try folder.markBest(step) }
    diagnosis = Diagnosis(
      Diagnosis.Settings(
        learningRate: options.learningRate,
        warmupSteps: options.phases(ofSteps: preparation.totalSteps).warmup, freezeSteps: options.freezeSteps,
        zeroInfinity: options.zeroInfinity))
    try catchUp(with: step)
  }

  /// Does what a run that was killed had not come to: its last checkpoint was complete, but the link to the
  /// best and the store may not know of it.
  private func catchUp(with step: Int?) throws {
    guard let step else { return }
    if let step = best.best?.step { try folder.markBest(step) }
    for record in try MetricsLog.records(at: log.path) {
      try recorder?.add(record)
      if case .evaluation(let evaluation) = record {
        evaluations.append(evaluation)
        lastEvaluation = evaluation
      }
    }
    try register(folder.path(ofStep: step), step: step)
  }

  func run(shouldStop: () -> Bool) throws -> FinetuneOutcome {
    do {
      let outcome = try train(shouldStop)
      try recorder?.end(as: outcome == .interrupted ? .interrupted : .finished)
      if outcome != .interrupted { try writeAverage() }
      try writeReport(outcome)
      return outcome
    } catch {
      try? recorder?.end(as: .failed, message: "\(error)")
      throw error
    }
  }

  private func train(_ shouldStop: () -> Bool) throws -> FinetuneOutcome {
    let total = preparation.totalSteps
    try deliver(.started(step: trainer.step, total: total))
    if trainer.step >= total { try deliver(.note("all \(total) steps are done; --steps goes on to more")) }
    while trainer.step < total {
      if best.shouldStop { return .stoppedEarly }
      try takeStep()
      let step = trainer.step
      let isLast = step == total
      var isBest = false
      if !preparation.corpus.dev.isEmpty, step % options.evalSteps == 0 || isLast { isBest = try evaluate() }
      let stops = shouldStop()
      if isBest || isLast || stops || best.shouldStop || step % options.saveInterval == 0 {
        try save(isBest: isBest)
      }
      if stops && !isLast { return .interrupted }
      if best.shouldStop { return .stoppedEarly }
    }
    return .finished
  }

  // MARK: Steps

  private func takeStep() throws {
    let start = monotonicSeconds()
    let plan = preparation.schedule.step(trainer.step)
    let examples = plan.batches.map { $0.map { preparation.corpus.train[$0] } }
    let batches = try examples.map { batch in
      try batch.map { example in
        TrainingUtterance(
          try preparation.features.input(of: example, epoch: plan.epoch), labels: example.labels,
          key: example.key)
      }
    }
    let update = try trainer.update(batches)
    let all = examples.flatMap(\.self)
    let record = StepRecord(
      step: trainer.step, epoch: plan.epochsDone, loss: update.loss, learningRate: update.learningRate,
      gradientNorm: update.gradientNorm, audioSeconds: all.reduce(0) { $0 + $1.seconds },
      seconds: monotonicSeconds() - start)
    try write(.step(record))
    try deliver(.step(record))
    let broken = update.breakdowns.first
    let worst = broken?.utterance ?? update.losses.firstIndex { !$0.isFinite }
    try report(
      diagnosis.observe(
        StepFacts(
          step: record.step, loss: update.loss, gradientNorm: update.gradientNorm,
          learningRate: update.learningRate, brokenUtterance: worst.map { all[$0].row.id },
          // Rows whose text does not fit are left out, and are not sped up so far that it would not.
          brokenUtteranceFits: true,
          brokenLayer: broken?.place)))
  }

  private func write(_ record: MetricsRecord) throws {
    try log.append(record)
    try board?.append(record)
    try recorder?.add(record)
  }

  private func report(_ new: [Diagnosis.Finding]) throws {
    for finding in new {
      findings.append(finding.message)
      try deliver(.note(finding.message))
    }
  }

  /// - Returns: whether it is the best so far.
  private func evaluate() throws -> Bool {
    let result = try trainer.withAveragedWeights {
      try evaluation.run(trainer.model, preparation.features, step: trainer.step)
    }
    let isBest = best.observe(result.record)
    lastEvaluation = result.record
    evaluations.append(result.record)
    try write(.evaluation(result.record))
    try deliver(.evaluation(result.record, isBest: isBest))
    try report(
      diagnosis.observe(
        EvaluationFacts(step: trainer.step, wer: result.record.wer, emptyFraction: result.emptyFraction)))
    return isBest
  }

  // MARK: Files

  private func save(isBest: Bool) throws {
    try log.synchronize()
    let step = trainer.step
    let state = TrainingState(
      step: step, seed: options.seed, best: best, identity: options.identity, data: preparation.dataHash,
      details: trainer.counts)
    let path = try folder.save(step: step, isBest: isBest, protecting: Set(averagedSteps)) { directory in
      try trainer.withAveragedWeights {
        try preparation.writer.write(trainer.weights, to: directory)
      }
      if options.loraSave == .peft {
        // Apart: transformers would load the base model and the adapter in place of the merged weights.
        let adapter = "\(directory)/adapter"
        guard mkdir(adapter, 0o777) == 0 else {
          throw InputFailure(adapter, "cannot be made: \(SystemError(number: errno))")
        }
        try trainer.writeLowRankAdapter(
          to: adapter, baseModel: options.model ?? options.initialConfiguration ?? "")
      }
      try state.write(to: directory, tensors: trainer.state)
    }
    try register(path, step: step)
    try deliver(.saved(step: step, path: path))
  }

  private func register(_ path: String, step: Int) throws {
    let measured = lastEvaluation.flatMap { $0.step == step ? $0 : nil }
    try recorder?.register(checkpoint: path, step: step, evaluation: measured.map(MetricsRecord.evaluation))
  }

  /// The steps whose checkpoints would be averaged if this step were the last, ascending.
  ///
  /// Checkpoints that were saved because the run was interrupted do not count: the average is the same
  /// without the interruption.
  private var averagedSteps: [Int] {
    guard options.averageCheckpoints > 0 else { return [] }
    var order = BestEvaluation(metric: options.bestMetric, patience: 0)
    let improvements = Set(evaluations.filter { order.observe($0) }.map(\.step))
    let regular = Set(folder.steps + [trainer.step]).filter {
      $0 % options.saveInterval == 0 || $0 == trainer.step || improvements.contains($0)
    }
    switch options.averageBy {
    case .last: return regular.sorted().suffix(options.averageCheckpoints)
    case .best:
      return BestEvaluation.ranked(
        evaluations, by: options.bestMetric, among: regular, count: options.averageCheckpoints
      ).sorted()
    }
  }

  /// `OUT/average`: the mean of the last or the best checkpoints.
  private func writeAverage() throws {
    let steps = averagedSteps
    guard steps.count > 1 else { return }
    let directory = "\(options.out)/average"
    guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
      throw InputFailure(directory, "cannot be made: \(SystemError(number: errno))")
    }
    try preparation.writer.write(trainer.weights, to: directory)
    try CheckpointAverage(paths: steps.map { "\(folder.path(ofStep: $0))/model.safetensors" })
      .write(to: "\(directory)/model.safetensors")
    try deliver(
      .note(
        "\(directory): the mean of the checkpoints of steps \(steps.map(String.init).joined(separator: ", "))"
      ))
  }

  private func writeReport(_ outcome: FinetuneOutcome) throws {
    let words =
      switch outcome {
      case .finished: "finished after \(trainer.step) steps"
      case .stoppedEarly:
        "stopped early after \(trainer.step) steps: no new best for \(options.earlyStopping) evaluations"
      case .interrupted: "interrupted after \(trainer.step) of \(preparation.totalSteps) steps"
      case .interruptedBeforeSteps: "interrupted before the first step"
      }
    var summary = RunSummary(title: options.out, outcome: words)
    let model = preparation.trainer.weights.configuration
    summary.facts = [
      RunSummary.Row("model", options.model ?? "random weights of \(options.initialConfiguration ?? "")"),
      RunSummary.Row("architecture", model.architecture.rawValue),
      RunSummary.Row("warbler", warblerVersion),
      RunSummary.Row("threads", "\(preparation.compute.threads)"),
      RunSummary.Row("kernels", preparation.compute.level.rawValue),
      RunSummary.Row("time", "\(shortNumber((monotonicSeconds() - begun) / 60)) min"),
    ]
    summary.settings = options.settings
    summary.corpus = [preparation.corpus.report.train, preparation.corpus.report.dev].flatMap { part in
      let seconds = part.usable.reduce(0) { $0 + part.rows[$1].seconds }
      return [
        RunSummary.Row("\(part.split.rawValue) utterances", "\(part.usable.count)"),
        RunSummary.Row("\(part.split.rawValue) minutes", shortNumber(seconds / 60)),
        RunSummary.Row(
          "\(part.split.rawValue) rows left out", "\(part.rejectedCount)", isNotable: part.rejectedCount > 0),
      ]
    }
    summary.records = try MetricsLog.records(at: log.path)
    summary.checkpoints = folder.steps.map {
      RunSummary.Checkpoint(
        step: $0, path: folder.path(ofStep: $0), isBest: $0 == folder.best, isLast: $0 == folder.steps.last)
    }
    summary.findings = findings
    try summary.write(to: options.out)
  }
}
