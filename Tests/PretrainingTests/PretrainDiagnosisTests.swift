import TestSupport
import Testing
import Training

@testable import Pretraining

/// A synthetic pre-training: figures that scatter.
private struct Trace {
  var diagnosis = PretrainDiagnosis(learningRate: 1e-3, warmupSteps: 100, penaltyWeight: 10)
  var findings: [Diagnosis.Finding] = []
  var step = 0
  var random = Seeded(1)

  var kinds: [Diagnosis.Finding.Kind] { findings.map(\.kind) }

  /// - Parameters:
  ///   - loss: at masked frames, over the targets' entropy of ln 80; of the part of the steps that is done.
  ///   - codes: the perplexity of predictions.
  ///   - penalty: the mean square of the features.
  mutating func run(
    _ steps: Int, loss: (Double) -> Double, codes: (Double) -> Double,
    penalty: (Double) -> Double = { _ in 0.01 }
  ) {
    let entropy = 4.382
    for index in 0..<steps {
      step += 1
      let part = Double(index) / Double(steps)
      let scatter = 1 + 0.05 * Double.random(in: -1...1, using: &random)
      let masked = loss(part) * entropy * scatter
      findings += diagnosis.observe(
        PretrainDiagnosis.Facts(
          step: step, loss: masked + 10 * penalty(part), maskedLoss: masked, learningRate: 1e-3,
          gradientNorm: 2,
          codes: codes(part) * scatter, targets: 80 * scatter, targetEntropy: entropy, classes: 100,
          featurePenalty: penalty(part)))
    }
  }
}

@Suite struct `The diagnosis of a pre-training` {
  @Test func `a run that leaves the plateau and learns is left alone`() {
    for seed in 1...20 {
      var trace = Trace()
      trace.random = Seeded(UInt64(seed))
      trace.run(400, loss: { _ in 1.02 }, codes: { _ in 1.5 })
      trace.run(400, loss: { 1.02 - 0.2 * $0 }, codes: { 2 + 40 * $0 })
      trace.run(2000, loss: { 0.82 - 0.3 * $0 }, codes: { 42 + 30 * $0 }, penalty: { 0.01 + 0.05 * $0 })
      #expect(trace.findings.isEmpty, "seed \(seed): \(trace.findings.map(\.message))")
    }
  }

  @Test func `collapse to few clusters is said once, with the loss that is no better than guessing`() {
    var trace = Trace()
    trace.run(3000, loss: { _ in 1.01 }, codes: { _ in 1.5 })
    #expect(trace.kinds == [.collapse])
    let message = trace.findings.first?.message ?? ""
    // Behind the warm-up and the patience.
    #expect(trace.findings.first?.step == 600)
    #expect(
      message.contains("predictions are about 1.") && message.contains("of 100 clusters, the targets 8"))
    #expect(message.contains("no better than guessing by frequency") && message.contains("--learning-rate"))
    #expect(!message.contains("\n"))
    // Left, and come to again.
    trace.run(500, loss: { _ in 0.7 }, codes: { _ in 60 })
    trace.run(500, loss: { _ in 1.01 }, codes: { _ in 1.5 })
    #expect(trace.kinds == [.collapse, .collapse])
  }

  @Test func `a flat loss is said once`() {
    var trace = Trace()
    trace.run(3000, loss: { _ in 1.01 }, codes: { _ in 30 })
    #expect(trace.kinds == [.flatLoss])
  }

  @Test func `features that run off are said once`() {
    var trace = Trace()
    trace.run(300, loss: { _ in 0.9 }, codes: { _ in 50 })
    trace.run(300, loss: { _ in 0.9 }, codes: { _ in 50 }, penalty: { 0.01 + 3 * $0 })
    #expect(trace.kinds.filter { $0 == .featurePenalty }.count == 1)
    #expect(
      trace.findings.contains {
        $0.kind == .featurePenalty && $0.message.contains("--encoder-gradient-scale")
      })
  }

  @Test func `a penalty that began high is no trouble`() {
    var trace = Trace()
    trace.run(2000, loss: { 0.95 - 0.3 * $0 }, codes: { _ in 50 }, penalty: { 0.8 - 0.5 * $0 })
    #expect(trace.findings.isEmpty, "\(trace.findings.map(\.message))")
  }

  @Test func `a loss that is not a number is said, with its place`() {
    var trace = Trace()
    let found = trace.diagnosis.observe(
      PretrainDiagnosis.Facts(
        step: 3, loss: .nan, maskedLoss: .nan, learningRate: 1, gradientNorm: .nan, codes: 1, targets: 80,
        targetEntropy: 4, classes: 100, featurePenalty: 1, brokenUtterance: "a",
        brokenLayer: "encoder.layers.1"))
    #expect(found.map(\.kind) == [.brokenLoss])
    #expect(found.first?.message.contains("utterance a, in encoder.layers.1") == true)
  }
}
