import CTC
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("Masked prediction")
struct MaskedPredictionTests {
  static let kinds: [String: @Sendable (inout ModelConfiguration) -> Void] = [
    "group norm": { _ in },
    "group norm, few strides": {
      $0.convolutionChannels = [8, 20, 17]
      $0.convolutionKernels = [10, 3, 2]
      $0.convolutionStrides = [5, 2, 2]
    },
    "layer norm, stable": {
      $0.featureNorm = .layer
      $0.convolutionBias = true
      $0.normalisesFirst = true
    },
    "no projection norm": {
      $0.normalisesFeatures = false
      $0.convolutionKernels = [10, 5, 3, 3, 3, 1, 2]
      $0.convolutionStrides = [5, 2, 3, 1, 2, 2, 2]
    },
  ]

  private func objective() -> MaskedPrediction {
    var objective = MaskedPrediction(classes: 7)
    objective.projectionWidth = 10
    objective.unmaskedWeight = 0.5
    objective.featurePenalty = 3
    return objective
  }

  private func fixture(_ kind: String) -> TrainingFixture {
    TrainingFixture(layout: { ParameterLayout(pretraining: $0, objective()) }, Self.kinds[kind]!)
  }

  private func batch(_ configuration: ModelConfiguration, _ samples: [Int]) -> [PretrainingUtterance] {
    var generator = Seeded(5)
    return samples.enumerated().map { index, count in
      let frames = configuration.featureFrames(for: count).last!
      return PretrainingUtterance(
        waveform: generator.floats(count, in: -1.7...1.7),
        targets: (0..<frames).map { _ in Int.random(in: 0..<7, using: &generator) }, key: UInt32(3 + index))
    }
  }

  private func options(_ regularization: Regularization = Regularization()) -> StepOptions {
    var regularization = regularization
    regularization.timeMask = .init(probability: 0.5, length: 3, minimum: 1)
    return StepOptions(
      seed: 11, step: 2, regularization: regularization, reduction: .sum, utterancesOfStep: 1)
  }

  private func model(
    _ fixture: TrainingFixture, _ objective: MaskedPrediction, threads: Int = 2
  ) -> MaskedPredictionModel {
    MaskedPredictionModel(
      configuration: fixture.configuration, objective: objective, parameters: fixture.parameters,
      on: Compute(threads: threads))
  }

  @Test("gradients are the slopes of the loss, for each parameter", arguments: kinds.keys.sorted())
  func slopes(kind: String) {
    let fixture = fixture(kind)
    var objective = objective()
    // The loss knows nothing of the scale.
    objective.encoderGradientScale = 1
    let model = model(fixture, objective)
    let batch = batch(fixture.configuration, [4000, 2345, 7001])
    _ = model.computeGradients(batch, options: options())
    let storage = fixture.parameters
    var generator = Seeded(9)
    for entry in storage.layout.entries where !entry.isFixed {
      // Along the gradient itself, and a random direction beside it, so that no part of it can hide.
      let values = storage.elements(of: entry)
      let gradient = model.gradients.elements(of: entry)
      let length = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 1e-5 else { continue }
      let noise = generator.floats(values.count)
      let noiseLength = noise.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let direction = zip(gradient, noise).map { Double($0) / length + 0.5 * Double($1) / noiseLength }
      let slope = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * $1.1 }
      let size = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      func loss(_ step: Double) -> Double {
        storage.set(entry, to: zip(values, direction).map { Float(Double($0) + step * $1) })
        model.parametersDidChange()
        return model.evaluate(batch, options: options()).loss
      }
      let step = 0.01 * max(size, 0.1) / Double(values.count).squareRoot().squareRoot()
      // Richardson's extrapolation leaves an error of the fourth order.
      let (wide, narrow) = (
        (loss(2 * step) - loss(-2 * step)) / (4 * step), (loss(step) - loss(-step)) / (2 * step)
      )
      let found = (4 * narrow - wide) / 3
      storage.set(entry, to: values)
      #expect(abs(found - slope) <= 0.01 * abs(slope) + 1e-4, "\(entry.name): \(found), not \(slope)")
    }
  }

  @Test("gradients have the same bits on 1, 2 and 5 threads", arguments: kinds.keys.sorted())
  func threadsAgree(kind: String) {
    let fixture = fixture(kind)
    let batch = batch(fixture.configuration, [64_000, 2345, 30_001, 7001])
    let results = [1, 2, 5].map { threads in
      let model = model(fixture, objective(), threads: threads)
      let figures = model.computeGradients(batch, options: options(TrainingFixture.everything))
      return (figures.loss, model.gradients.all)
    }
    #expect(results[0].0.isFinite)
    for result in results.dropFirst() { #expect(result.0 == results[0].0 && result.1 == results[0].1) }
  }

  @Test("the scale of the encoder's gradient is on the encoder's alone")
  func encoderScale() {
    let fixture = fixture("group norm")
    let batch = batch(fixture.configuration, [9000, 4000])
    let found = [Float(1), 0.25].map { scale in
      var objective = objective()
      objective.encoderGradientScale = scale
      let model = model(fixture, objective)
      _ = model.computeGradients(batch, options: options())
      return model.gradients
    }
    for entry in fixture.parameters.layout.entries {
      let factor: Float = entry.part == .featureEncoder ? 0.25 : 1
      #expect(
        zip(found[0].elements(of: entry), found[1].elements(of: entry)).allSatisfy { $0 * factor == $1 },
        "\(entry.name)")
    }
  }

  @Test("a step without masked frames, or of an empty utterance list, is finite")
  func nothingMasked() {
    let fixture = fixture("group norm")
    var objective = objective()
    objective.unmaskedWeight = 0
    let model = model(fixture, objective)
    var options = options()
    options.regularization.timeMask = .init()
    let figures = model.computeGradients(batch(fixture.configuration, [4000]), options: options)
    #expect(figures.maskedFrames == 0 && figures.unmaskedFrames == 12)
    #expect(figures.loss == objective.featurePenalty * figures.featurePenalty && figures.loss > 0)
    #expect(model.gradients.elements(of: model.gradients.layout["final_proj.bias"]!).allSatisfy { $0 == 0 })
    #expect(model.computeGradients([], options: options).loss == 0)
  }

  @Test("figures count what was predicted")
  func figures() {
    let fixture = fixture("group norm")
    let model = model(fixture, objective())
    let figures = model.computeGradients(batch(fixture.configuration, [9000, 4000]), options: options())
    #expect(figures.maskedFrames > 0 && figures.unmaskedFrames > 0)
    #expect(figures.predicted.reduce(0, +) == figures.maskedFrames)
    #expect(figures.targets.reduce(0, +) == figures.maskedFrames)
    let mean =
      (figures.maskedLoss * Double(figures.maskedFrames) + 0.5 * figures.unmaskedLoss
        * Double(figures.unmaskedFrames)) / Double(figures.maskedFrames + figures.unmaskedFrames)
    #expect(abs(figures.loss - mean - 3 * figures.featurePenalty) < 1e-9 * figures.loss)
    #expect(figures.breakdown == nil)
  }

  @Test("a NaN is found where it arises")
  func breakdown() {
    let fixture = fixture("group norm")
    fixture.parameters["hubert.encoder.layers.1.feed_forward.output_dense.bias"].pointer[3] = .nan
    let figures = model(fixture, objective()).computeGradients(
      batch(fixture.configuration, [9000, 4000]), options: options())
    #expect(figures.loss.isNaN)
    #expect(figures.breakdown == StepLosses.Breakdown(utterance: 0, place: "encoder.layers.1"))
  }
}
