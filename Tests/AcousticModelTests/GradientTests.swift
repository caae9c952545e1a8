import CTC
import Checkpoints
import JSON
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("Gradients of the network")
struct GradientTests {
  private func options(_ count: Int) -> StepOptions {
    StepOptions(seed: 1, step: 1, regularization: .none, reduction: .sum, utterancesOfStep: count)
  }

  private func compute(
    _ golden: GradientGolden, level: KernelLevel = .best, threads: Int = 2,
    _ change: (inout StepOptions) -> Void = { _ in }
  ) throws -> (model: TrainableModel, losses: [Double]) {
    let (configuration, parameters) = try goldenParameters(golden.directory)
    let model = TrainableModel(
      configuration: configuration, parameters: parameters, on: Compute(threads: threads, level: level))
    let utterances = try golden.utterances()
    var options = options(utterances.count)
    options.fixedMasks = try golden.masks()
    change(&options)
    let batch = utterances.enumerated().map {
      TrainingUtterance(features: $1.features, labels: $1.labels, key: UInt32($0))
    }
    let losses = try model.accumulateGradients(batch, options: options).losses
    model.finishGradients(options)
    return (model, losses)
  }

  @Test("of every parameter are transformers' within 1e-4, element by element", arguments: GradientGolden.all)
  func matchTransformers(_ golden: GradientGolden) throws {
    let file = try golden.file()
    let utterances = try golden.utterances()
    for level in KernelLevel.supported {
      let (model, losses) = try compute(golden, level: level)
      for (loss, utterance) in zip(losses, utterances) {
        #expect(abs(loss - utterance.loss) <= 2e-5 * utterance.loss, "\(level) \(golden) \(utterance.name)")
      }
      let largest = model.gradients.layout.entries.reduce(Float(0)) {
        model.gradients.elements(of: $1).reduce($0) { max($0, abs($1)) }
      }
      var compared = 0
      for entry in model.gradients.layout.entries {
        let gradient = model.gradients.elements(of: entry)
        guard file.tensors.contains(where: { $0.name == entry.name }) else {
          // Never used, or not a parameter: running statistics.
          #expect(gradient.allSatisfy { $0 == 0 }, "\(level) \(golden) \(entry.name)")
          continue
        }
        compared += 1
        if entry.name.hasSuffix("k_proj.bias") {
          // Softmax cancels it: what is left is rounding.
          #expect(gradient.allSatisfy { abs($0) <= 1e-6 * largest }, "\(level) \(golden) \(entry.name)")
          continue
        }
        let error = worstError(gradient, try file.floats(entry.name))
        #expect(error <= golden.limit, "\(level) \(golden) \(entry.name): \(error)")
      }
      #expect(compared > 20)
    }
  }
}
