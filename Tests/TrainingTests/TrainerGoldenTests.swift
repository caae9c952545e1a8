import AcousticModel
import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing

@testable import Training

/// Ten steps that transformers took in double precision (`scripts/goldens/gradients.py`).
struct StepsGolden: CustomStringConvertible, Sendable {
  private static let folder = "\(goldenModels)/gradients"
  private static let index = try? JSONValue(contentsOf: "\(folder)/gradients.json", options: .python)

  static let all: [StepsGolden] = (index?["steps"]?.object?.members ?? []).map {
    StepsGolden(name: $0.key, fields: $0.value)
  }

  struct Step {
    let batch: [String]
    let learningRate: Double
    let loss: Double
    let gradientNorm: Double
  }

  let name: String
  let fields: JSONValue

  var description: String { name }

  func file() throws -> TensorFile {
    try TensorFile(path: "\(Self.folder)/\(name).steps.safetensors")
  }

  func number(_ field: String) throws -> Double { try #require(fields[field]?.double, "\(field)") }

  func history() throws -> [Step] {
    try #require(fields["history"]?.array).map { step in
      Step(
        batch: try #require(step["batch"]?.array).compactMap(\.string),
        learningRate: try #require(step["learning_rate"]?.double), loss: try #require(step["loss"]?.double),
        gradientNorm: try #require(step["gradient_norm"]?.double))
    }
  }

  func utterances() throws -> [String: TrainingUtterance] {
    let file = try file()
    var utterances: [String: TrainingUtterance] = [:]
    for (index, member) in (fields["labels"]?.object?.members ?? []).enumerated() {
      let shape = try file.tensor("features.\(member.key)").shape
      utterances[member.key] = TrainingUtterance(
        features: MatrixBuffer(try file.floats("features.\(member.key)"), columns: shape[1]),
        labels: (member.value.array ?? []).compactMap(\.int), key: UInt32(index))
    }
    return utterances
  }

  func settings() throws -> TrainerSettings {
    var schedule = LearningRateSchedule(
      .linear, peak: try number("learning_rate"), steps: Int(try number("steps")))
    schedule.warmupSteps = Int(try number("warmup_steps"))
    var settings = TrainerSettings(schedule: schedule)
    let betas = try #require(fields["betas"]?.array).compactMap(\.double)
    settings.optimizer.beta1 = betas[0]
    settings.optimizer.beta2 = betas[1]
    settings.optimizer.epsilon = try number("epsilon")
    settings.optimizer.weightDecay = try number("weight_decay")
    settings.clip = try number("clip")
    settings.reduction = .mean
    return settings
  }

  func trainer(threads: Int, level: KernelLevel, _ settings: TrainerSettings) throws -> Trainer {
    let model = goldenModel(fields["model"]?.string ?? "")
    let configuration = try ModelConfiguration(contentsOf: "\(model)/config.json")
    let compute = Compute(threads: threads, level: level)
    let weights = try TrainingWeights(
      reading: TensorArchive(path: model), configuration: configuration,
      initialisation: RandomInitialisation(configuration, seed: 1), on: compute)
    return Trainer(weights, settings: settings, on: compute)
  }
}

@Suite("Steps of the trainer") struct TrainerGoldenTests {
  /// Transformers' own float32 is up to 1.6e-6 (loss), 1.3e-5 (norm) and 4e-6 (weight) from its float64
  /// (`float32` in gradients.json); another order of sums may err as much again. 1e-4 is the contract's.
  @Test(
    "losses, gradient norms and last weights are transformers' of ten steps",
    arguments: StepsGolden.all, KernelLevel.supported)
  func matchTransformers(_ golden: StepsGolden, _ level: KernelLevel) throws {
    let trainer = try golden.trainer(threads: 2, level: level, golden.settings())
    let utterances = try golden.utterances()
    for step in try golden.history() {
      let update = try trainer.update([try step.batch.map { try #require(utterances[$0]) }])
      #expect(abs(update.learningRate - step.learningRate) < 1e-12, "\(trainer.step)")
      #expect(abs(update.loss - step.loss) < 1e-4 * step.loss, "\(trainer.step)")
      #expect(abs(update.gradientNorm - step.gradientNorm) < 1e-4 * step.gradientNorm, "\(trainer.step)")
      #expect(!update.isSkipped && update.losses.count == step.batch.count)
    }
    let file = try golden.file()
    var compared = 0
    // The key bias has no gradient but rounding, which Adam divides by itself.
    for entry in trainer.weights.parameters.layout.entries where !entry.name.hasSuffix("k_proj.bias") {
      let expected = try file.floats(entry.name)
      let found = trainer.weights.parameters.elements(of: entry)
      let worst = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(found.count == expected.count && worst < 1e-4, "\(entry.name): \(worst)")
      compared += 1
    }
    #expect(compared > 40)
  }

  /// The sum over batches of a step is in another order, nothing else.
  @Test("how a step's utterances are split into batches changes nothing but rounding")
  func splits() throws {
    let golden = try #require(StepsGolden.all.first)
    let step = try #require(try golden.history().first)
    let utterances = try golden.utterances()
    let batch = try step.batch.map { try #require(utterances[$0]) }
    let whole = try golden.trainer(threads: 2, level: .best, golden.settings()).update([batch])
    let split = try golden.trainer(threads: 2, level: .best, golden.settings()).update(batch.map { [$0] })
    #expect(whole.losses == split.losses && whole.loss == split.loss)
    #expect(abs(whole.gradientNorm - split.gradientNorm) < 1e-5 * whole.gradientNorm)
  }

  /// Everything that a step may do, with everything that is random.
  private func settings(_ golden: StepsGolden) throws -> TrainerSettings {
    var settings = try golden.settings()
    settings.regularization.hiddenDropout = 0.1
    settings.regularization.activationDropout = 0.1
    settings.regularization.attentionDropout = 0.1
    settings.regularization.featureProjectionDropout = 0.1
    settings.regularization.finalDropout = 0.1
    settings.regularization.layerDrop = 0.3
    settings.regularization.timeMask = .init(probability: 0.3, length: 4, minimum: 1)
    settings.regularization.featureMask = .init(probability: 0.2, length: 2, minimum: 1)
    settings.averageDecay = 0.9
    settings.freezing = Freezing(headOnlySteps: 2)
    return settings
  }

  private func states(_ trainer: Trainer) -> [[Float]] {
    trainer.state.map { Array($0.floats) } + [
      trainer.weights.parameters.layout.entries.flatMap { trainer.weights.parameters.elements(of: $0) }
    ]
  }

  @Test("with everything that is random, 1, 2 and 5 threads come to the same bits", arguments: [nil, 2])
  func threads(rank: Int?) throws {
    let golden = try #require(StepsGolden.all.first)
    var settings = try settings(golden)
    settings.lowRank = rank.map { LowRankAdaptation.Settings(rank: $0, alpha: 4) }
    let utterances = try golden.utterances()
    var reference: [[Float]]?
    for threads in [1, 2, 5] {
      let trainer = try golden.trainer(threads: threads, level: .best, settings)
      for step in try golden.history().prefix(6) {
        _ = try trainer.update([try step.batch.map { try #require(utterances[$0]) }])
      }
      let states = states(trainer)
      #expect(reference == nil || reference == states, "\(threads) threads")
      reference = reference ?? states
    }
  }

  @Test("after its state is read back a trainer goes on with the same bits", arguments: [nil, 2])
  func resumes(rank: Int?) throws {
    let golden = try #require(StepsGolden.all.last)
    var settings = try settings(golden)
    settings.lowRank = rank.map { LowRankAdaptation.Settings(rank: $0, alpha: 4) }
    let utterances = try golden.utterances()
    let history = try golden.history()
    let whole = try golden.trainer(threads: 2, level: .best, settings)
    var second: Trainer?
    for (index, step) in history.enumerated() {
      let batch = try step.batch.map { try #require(utterances[$0]) }
      let update = try whole.update([batch])
      if let second {
        #expect(try second.update([batch]).loss == update.loss, "step \(index + 1)")
      } else if index == 3 {
        let other = try golden.trainer(threads: 1, level: .best, settings)
        for (to, from) in zip(other.state, whole.state) {
          for element in from.floats.indices { to.floats[element] = from.floats[element] }
        }
        #expect(other.restore(step: whole.step, counts: whole.counts))
        second = other
      }
    }
    #expect(states(whole) == states(try #require(second)))
  }

  @Test("counts of another trainer are refused")
  func refusesCounts() throws {
    let golden = try #require(StepsGolden.all.first)
    let trainer = try golden.trainer(threads: 1, level: .best, golden.settings())
    #expect(!trainer.restore(step: 3, counts: ["optimizer_steps": [1, 2], "average_updates": 0]))
    #expect(!trainer.restore(step: 3, counts: [:]))
    #expect(trainer.step == 0)
  }
}
