import TestSupport
import Testing
import Training

/// A synthetic run: losses that scatter by `noise` of their size.
private struct Trace {
  var diagnosis = Diagnosis(.init(learningRate: 1e-3, warmupSteps: 20))
  var findings: [Diagnosis.Finding] = []
  var step = 0
  var random = Seeded(1)
  var noise = 0.3

  var kinds: [Diagnosis.Finding.Kind] { findings.map(\.kind) }

  mutating func run(
    _ steps: Int, norm: (Double) -> Double = { _ in 2 }, ratio: Double? = nil, loss: (Double) -> Double
  ) {
    for index in 0..<steps {
      step += 1
      let part = Double(index) / Double(steps)
      let scatter = 1 + noise * Double.random(in: -1...1, using: &random)
      findings += diagnosis.observe(
        StepFacts(
          step: step, loss: loss(part) * scatter, gradientNorm: norm(part) * scatter, learningRate: 1e-3,
          updateRatio: ratio))
    }
  }

  mutating func evaluate(wer: Double = 1, empty: Double = 0) {
    findings += diagnosis.observe(EvaluationFacts(step: step, wer: wer, emptyFraction: empty))
  }
}

@Suite struct `The diagnosis of a run` {
  @Test func `a run that learns, plateau and all, is left alone`() {
    for seed in 1...20 {
      var trace = Trace()
      trace.random = Seeded(UInt64(seed))
      trace.run(60, norm: { 30 - 25 * $0 }) { 12 - 9 * $0 }
      trace.evaluate(empty: 1)
      trace.run(60, norm: { _ in 1 }) { 3 - 0.3 * $0 }
      trace.evaluate(empty: 0.8)
      // Gradients grow as it leaves the plateau, and the loss falls.
      trace.run(400, norm: { 1 + 20 * $0 }) { 2.7 - 2.6 * $0 }
      trace.evaluate(wer: 0.2)
      trace.run(1000) { 0.1 - 0.08 * $0 }
      trace.evaluate(wer: 0.05)
      trace.run(1000) { _ in 0.02 }
      #expect(trace.findings.isEmpty, "seed \(seed): \(trace.findings.map(\.message))")
    }
  }

  @Test func `the all-blank plateau is said once, and again only when it has been left in between`() {
    var trace = Trace()
    trace.noise = 0.02
    trace.run(100) { 12 - 9 * $0 }
    trace.run(150) { _ in 2.9 }
    for _ in 0..<5 {
      trace.evaluate(empty: 0.99)
      trace.run(50) { _ in 2.9 }
    }
    #expect(trace.kinds == [.allBlank])
    #expect(
      trace.findings[0].message.hasPrefix("step 250: 99 % of dev comes out empty and the loss stands at 2."))
    #expect(trace.findings[0].message.contains("--learning-rate (0.001)"))
    trace.evaluate(empty: 0.1)
    trace.evaluate(empty: 1)
    #expect(trace.kinds == [.allBlank, .allBlank])
  }

  @Test func `empty texts while the loss still falls, or while the head alone is trained, are no plateau`() {
    var trace = Trace()
    trace.noise = 0.02
    trace.run(200) { 12 - 9 * $0 }
    trace.evaluate(empty: 1)
    #expect(trace.findings.isEmpty)
    var frozen = Trace(diagnosis: Diagnosis(.init(learningRate: 1e-3, warmupSteps: 20, freezeSteps: 500)))
    frozen.run(300) { _ in 2.9 }
    frozen.evaluate(empty: 1)
    #expect(frozen.findings.isEmpty)
  }

  @Test func `a loss that climbs diverges, once for each time`() {
    var trace = Trace()
    trace.run(200) { 10 - 8 * $0 }
    trace.run(300) { 2 + 10 * $0 }
    #expect(trace.kinds == [.divergence], "\(trace.findings.map(\.message))")
    #expect(trace.findings[0].step > 200 && trace.findings[0].step < 350)
    #expect(
      trace.findings[0].message.contains("resume from OUT/best with a lower --learning-rate (0.001 now)"))
    trace.run(100) { _ in 2 }
    trace.run(100) { _ in 9 }
    #expect(trace.kinds == [.divergence, .divergence])
  }

  @Test func `one bad step, or one bad batch of ten, is no divergence`() {
    var trace = Trace()
    trace.run(200) { 10 - 8 * $0 }
    for _ in 0..<20 {
      trace.run(9) { _ in 2 }
      trace.run(1, norm: { _ in 500 }) { _ in 60 }
    }
    #expect(trace.findings.isEmpty, "\(trace.findings.map(\.message))")
  }

  @Test func `gradients that explode while the loss rises are a learning rate too high, said once`() {
    var trace = Trace()
    trace.run(100, norm: { _ in 3 }) { 10 - 6 * $0 }
    trace.run(300, norm: { 3 + 3000 * $0 }) { 4 + 40 * $0 }
    #expect(trace.kinds == [.learningRateTooHigh], "\(trace.findings.map(\.message))")
    #expect(trace.findings[0].message.contains("start again with --learning-rate 0.000333"))
    #expect(!trace.findings[0].message.contains("--warmup-steps"))
  }

  @Test func `a loss that has not moved since the start is a learning rate too low`() {
    var trace = Trace()
    trace.run(400) { 10 - 0.1 * $0 }
    // Nobody knows yet that nothing is learnt.
    #expect(trace.findings.isEmpty)
    trace.evaluate(wer: 1)
    trace.run(300) { _ in 9.9 }
    #expect(trace.kinds == [.learningRateTooLow], "\(trace.findings.map(\.message))")
    #expect(trace.findings[0].message.contains("start again with --learning-rate 0.01"))
    #expect(trace.findings[0].step == 401)
  }

  @Test func `weights that do move, a model that reads well and a loss that falls slowly are not called so`()
  {
    var moving = Trace()
    moving.evaluate()
    moving.run(600, ratio: 1e-4) { _ in 10 }
    #expect(moving.findings.isEmpty)
    var idle = Trace()
    idle.evaluate()
    idle.run(600, ratio: 1e-8) { _ in 10 }
    #expect(idle.kinds == [.learningRateTooLow])
    #expect(idle.findings[0].message.contains("a step changes weights by 1e-08 of their size"))
    var learnt = Trace()
    learnt.evaluate(wer: 0.1)
    learnt.run(600) { _ in 0.1 }
    #expect(learnt.findings.isEmpty)
    var slow = Trace()
    slow.noise = 0.1
    slow.evaluate()
    slow.run(600) { 10 - 5 * $0 }
    #expect(slow.findings.isEmpty)
  }

  @Test func `a broken loss names utterance and layer, the first, tenth and hundredth time`() {
    var trace = Trace()
    trace.run(30) { _ in 3 }
    for index in 0..<150 {
      trace.findings += trace.diagnosis.observe(
        StepFacts(
          step: 31 + index, loss: .nan, gradientNorm: .nan, learningRate: 1e-3, brokenUtterance: "spk/7",
          brokenLayer: "encoder layer 3"))
    }
    #expect(trace.kinds == [.brokenLoss, .brokenLoss, .brokenLoss])
    #expect(
      trace.findings[0].message
        == "step 31: the loss is not a number, first in utterance spk/7, in encoder layer 3; resume from an earlier "
        + "checkpoint with a lower --learning-rate (0.001 now) or a lower --clip")
    #expect(trace.findings[1].message.contains("(10 steps so far)"))
  }

  @Test func `a first step that is broken points at the data, and an infinite loss at the text`() {
    var diagnosis = Diagnosis(.init(learningRate: 1e-3, warmupSteps: 0, zeroInfinity: false))
    let broken = diagnosis.observe(StepFacts(step: 1, loss: .nan, gradientNorm: 1, learningRate: 0))
    #expect(
      broken.map(\.message) == [
        "step 1: the loss is not a number; it began so: check the recording, and that the checkpoint's weights are finite"
      ])
    var other = Diagnosis(.init(learningRate: 1e-3, warmupSteps: 0, zeroInfinity: false))
    let infinite = other.observe(
      StepFacts(step: 1, loss: .infinity, gradientNorm: 1, learningRate: 0, brokenUtterance: "a"))
    #expect(infinite.count == 1 && infinite[0].message.contains("its text needs more frames than it has"))
    var zeroed = Diagnosis(.init(learningRate: 1e-3, warmupSteps: 0))
    let counted = zeroed.observe(
      StepFacts(step: 1, loss: 2, gradientNorm: 1, learningRate: 0, brokenUtterance: "a"))
    #expect(counted.map(\.kind) == [.infeasible])
  }

  @Test func `an infinite loss of a text that fits is the model's breakdown, counted as 0 or not`() {
    for zeroInfinity in [true, false] {
      var trace = Trace()
      trace.diagnosis = Diagnosis(.init(learningRate: 1e-3, warmupSteps: 0, zeroInfinity: zeroInfinity))
      trace.run(5) { _ in 3 }
      let findings = trace.diagnosis.observe(
        StepFacts(
          step: 6, loss: zeroInfinity ? 0 : .infinity, gradientNorm: 0, learningRate: 1e-3,
          brokenUtterance: "a",
          brokenUtteranceFits: true))
      #expect(
        findings.map(\.message) == [
          "step 6: the loss is infinite, first in utterance a; resume from an earlier checkpoint with a lower "
            + "--learning-rate (0.001 now) or a lower --clip"
        ])
    }
  }

  @Test func `every message is one line`() {
    var trace = Trace()
    trace.run(100, norm: { _ in 3 }) { 10 - 6 * $0 }
    trace.run(300, norm: { 3 + 3000 * $0 }) { 4 + 40 * $0 }
    trace.evaluate(empty: 1)
    #expect(
      trace.findings.allSatisfy { !$0.message.contains("\n") && $0.message.hasPrefix("step \($0.step): ") })
  }
}
