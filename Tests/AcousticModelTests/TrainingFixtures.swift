import CTC
import Checkpoints
import Tensors
import TestSupport

@testable import AcousticModel

/// A model of random weights to train, small unless told otherwise, and batches for it.
struct TrainingFixture {
  let configuration: ModelConfiguration
  let parameters: ParameterStorage

  /// Of the weights of a golden model.
  init(golden variant: String) throws {
    (configuration, parameters) = try goldenParameters(goldenModel(variant))
  }

  /// Random weights of a size that keeps activations near 1; gains and variances are near 1.
  init(
    seed: UInt64 = 1, layout: (ModelConfiguration) -> ParameterLayout = { ParameterLayout($0) },
    _ change: (inout ModelConfiguration) -> Void
  ) {
    var configuration = ModelConfiguration()
    configuration.convolutionChannels = [Int](repeating: 12, count: 7)
    configuration.width = 24
    configuration.heads = 3
    configuration.layers = 3
    configuration.feedForwardWidth = 40
    configuration.positionalKernel = 6
    configuration.positionalGroups = 4
    configuration.vocabularySize = 9
    change(&configuration)
    self.configuration = configuration
    parameters = ParameterStorage(layout(configuration))
    var generator = Seeded(seed)
    for entry in parameters.layout.entries {
      let isGain = entry.rows == 1 && (entry.name.hasSuffix("weight") || entry.name.hasSuffix("_var"))
      let size = 1.7 / Float(entry.rows == 1 ? 100 : entry.columns).squareRoot()
      let elements = generator.floats(entry.elementCount, in: -size...size)
      let positive = isGain || entry.name.hasSuffix("original0")
      parameters.set(entry, to: positive ? elements.map { 1 + $0 } : elements)
    }
  }

  func model(threads: Int = 2, level: KernelLevel = .best) -> TrainableModel {
    TrainableModel(
      configuration: configuration, parameters: parameters, on: Compute(threads: threads, level: level))
  }

  /// Utterances of these numbers of frames, features near 1, as many labels as fit easily.
  func batch(_ frames: [Int], seed: UInt64 = 2) -> [TrainingUtterance] {
    var generator = Seeded(seed)
    let channels = configuration.convolutionChannels.last!
    return frames.enumerated().map { index, frames in
      let labels = (0..<max(1, frames / 12)).map { _ in
        Int.random(in: 1..<configuration.vocabularySize, using: &generator)
      }
      return TrainingUtterance(
        features: MatrixBuffer(generator.floats(frames * channels, in: -1.7...1.7), columns: channels),
        labels: labels, key: UInt32(100 + 7 * index))
    }
  }

  static let everything: Regularization = {
    var all = Regularization()
    all.hiddenDropout = 0.1
    all.activationDropout = 0.15
    all.attentionDropout = 0.2
    all.featureProjectionDropout = 0.1
    all.finalDropout = 0.25
    all.layerDrop = 0.3
    all.timeMask = .init(probability: 0.4, length: 4, minimum: 1)
    all.featureMask = .init(probability: 0.3, length: 3, minimum: 1)
    return all
  }()

  func options(
    _ regularization: Regularization = .none, step: Int = 1, count: Int, reduction: CTCReduction = .sum
  ) -> StepOptions {
    StepOptions(
      seed: 0x1234_5678_9abc, step: step, regularization: regularization, reduction: reduction,
      utterancesOfStep: count)
  }
}

/// One step's losses and gradients of a new model, each call of `batches` one after the other.
func gradients(
  _ fixture: TrainingFixture, _ batches: [[TrainingUtterance]], _ options: StepOptions, threads: Int = 2
) throws -> (losses: [Double], gradients: ParameterStorage) {
  let model = fixture.model(threads: threads)
  var losses: [Double] = []
  for batch in batches { losses += try model.accumulateGradients(batch, options: options).losses }
  model.finishGradients(options)
  return (losses, model.gradients)
}

extension ParameterStorage {
  /// The bits of an entry's elements.
  func bits(_ entry: ParameterLayout.Entry) -> [UInt32] { elements(of: entry).map(\.bitPattern) }

  /// All floats, padding included.
  var all: [UInt32] { (0..<layout.count).map { pointer[$0].bitPattern } }
}
