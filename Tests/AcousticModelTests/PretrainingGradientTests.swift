import CTC
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("Gradients of pre-training")
struct PretrainingGradientTests {
  private func compute(
    _ golden: PretrainingGolden, level: KernelLevel = .best, threads: Int = 2
  ) throws -> (model: MaskedPredictionModel, figures: PretrainingFigures) {
    let (configuration, parameters) = try golden.parameters()
    let model = MaskedPredictionModel(
      configuration: configuration, objective: try golden.objective(), parameters: parameters,
      on: Compute(threads: threads, level: level))
    let (batch, masks) = try golden.batch()
    var options = StepOptions(
      seed: 1, step: 1, regularization: .none, reduction: .sum, utterancesOfStep: batch.count)
    options.fixedMasks = masks
    return (model, model.computeGradients(batch, options: options))
  }

  /// The reference is double; PyTorch's own float32 is up to 1.7e-5 from it (`float32` in pretraining.json).
  @Test(
    "of every parameter are torchaudio's within 1e-4, element by element", arguments: PretrainingGolden.all)
  func matchTorchaudio(_ golden: PretrainingGolden) throws {
    let file = try golden.file()
    for level in KernelLevel.supported {
      let (model, _) = try compute(golden, level: level)
      let gradients = model.gradients
      let largest = gradients.layout.entries.reduce(Float(0)) {
        gradients.elements(of: $1).reduce($0) { max($0, abs($1)) }
      }
      for entry in gradients.layout.entries {
        let gradient = gradients.elements(of: entry)
        if golden.zero.contains(entry.name) {
          // What is left is rounding.
          #expect(gradient.allSatisfy { abs($0) <= 1e-6 * largest }, "\(level) \(golden) \(entry.name)")
          continue
        }
        let error = worstError(gradient, try file.floats(entry.name))
        #expect(error <= 1e-4, "\(level) \(golden) \(entry.name): \(error)")
      }
      #expect(gradients.layout.entries.count > 40)
    }
  }

  /// Losses of frames are relative to the largest logit, 10: some roundings of that.
  @Test("losses, accuracies, penalty and counts are torchaudio's", arguments: PretrainingGolden.all)
  func figures(_ golden: PretrainingGolden) throws {
    for level in KernelLevel.supported {
      let (_, figures) = try compute(golden, level: level)
      #expect(abs(figures.loss - (try golden.figure("loss"))) <= 1e-5 * figures.loss)
      #expect(abs(figures.maskedLoss - (try golden.figure("masked_loss"))) <= 1e-5 * figures.maskedLoss)
      #expect(abs(figures.unmaskedLoss - (try golden.figure("unmasked_loss"))) <= 1e-5 * figures.unmaskedLoss)
      let penalty = try golden.figure("feature_penalty")
      #expect(abs(figures.featurePenalty - penalty) <= 1e-5 * penalty)
      // The best class of every frame is ahead by 1e-3 at least.
      #expect(abs(figures.maskedAccuracy - (try golden.figure("masked_accuracy"))) < 1e-12)
      #expect(abs(figures.unmaskedAccuracy - (try golden.figure("unmasked_accuracy"))) < 1e-12)
      #expect(figures.maskedFrames == Int(try golden.figure("masked_frames")))
      #expect(figures.unmaskedFrames == Int(try golden.figure("unmasked_frames")))
      #expect(figures.predicted == (try golden.counts("predicted")))
      #expect(figures.targets == (try golden.counts("targets")))
      #expect(figures.breakdown == nil)
    }
  }

  @Test("have the same bits on 1, 2 and 5 threads", arguments: PretrainingGolden.all)
  func threads(_ golden: PretrainingGolden) throws {
    let reference = try compute(golden, threads: 1)
    for threads in [2, 5] {
      let (model, figures) = try compute(golden, threads: threads)
      #expect(figures.loss == reference.figures.loss)
      #expect(model.gradients.all == reference.model.gradients.all)
    }
  }

  /// A position is free where no span covers it: n starts of the T - M + 1 without replacement, n the whole
  /// part of p T / M + epsilon, epsilon uniform.
  private func expectedShare(frames: Int, probability: Double, span: Int) -> Double {
    let starts = frames - span + 1
    let mean = probability * Double(frames) / Double(span)
    let fraction = mean - mean.rounded(.down)
    var masked = 0.0
    for (spans, weight) in [(Int(mean), 1 - fraction), (Int(mean) + 1, fraction)] {
      for position in 0..<frames {
        let covering = min(position, starts - 1) - max(position - span + 1, 0) + 1
        let free = (0..<spans).reduce(1.0) {
          $0 * max(0, Double(starts - covering - $1)) / Double(starts - $1)
        }
        masked += weight * (1 - free) / Double(frames)
      }
    }
    return masked
  }

  @Test("masks of probability 0.8 and span 10 cover as many frames as the paper's")
  func shareOfMaskedFrames() throws {
    let golden = try #require(PretrainingGolden.all.first { $0.name == "short" })
    let (configuration, parameters) = try golden.parameters()
    let model = MaskedPredictionModel(
      configuration: configuration, objective: try golden.objective(), parameters: parameters,
      on: Compute(threads: 1))
    let waveform = random(2500, 3)
    let frames = try #require(configuration.featureFrames(for: waveform.count).last)
    let utterances = (0..<10).map {
      PretrainingUtterance(waveform: waveform, targets: [Int](repeating: 0, count: frames), key: $0)
    }
    var regularization = Regularization()
    regularization.timeMask = .init(probability: 0.8, length: 10, minimum: 2)
    let steps = 100
    let shares = (1...steps).map { step in
      let options = StepOptions(
        seed: 4, step: step, regularization: regularization, reduction: .sum, utterancesOfStep: 10)
      let figures = model.evaluate(utterances, options: options)
      return Double(figures.maskedFrames) / Double(figures.maskedFrames + figures.unmaskedFrames)
    }
    let mean = shares.reduce(0, +) / Double(steps)
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(steps - 1)
    let expected = expectedShare(frames: frames, probability: 0.8, span: 10)
    #expect(variance > 0)
    // Five standard deviations of the mean.
    #expect(abs(mean - expected) <= 5 * (variance / Double(steps)).squareRoot(), "\(mean), not \(expected)")
  }
}
