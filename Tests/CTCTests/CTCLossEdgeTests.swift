import CTC
import Tensors
import TestSupport
import Testing

struct CTCLossEdgeTests {
  @Test func aTargetWithoutAPathHasAnInfiniteLossAndNoGradient() throws {
    for labels in [[1, 1, 2], [1, 2, 1, 2]] {
      let result = try lossOfOne(random(9, 1), vocabularySize: 3, labels: labels)
      #expect(result.loss == .infinity)
      #expect(result.gradient == [Float](repeating: 0, count: 9))
    }
  }

  @Test func aRepeatThatJustFitsHasOnePath() throws {
    let logits = random(9, 2)
    let result = try lossOfOne(logits, vocabularySize: 3, labels: [2, 2])
    let expected = CTCLossReference(
      logits: logits.map(Double.init), vocabularySize: 3, labels: [2, 2], blank: 0)
    #expect(abs(result.loss - expected.loss) < 1e-6)
    #expect(largestDifference(result.gradient, expected.gradient) < 1e-6)
  }

  @Test func zeroInfinityCountsItAsZero() throws {
    let batch = LossBatch(
      vocabularySize: 3, [(random(9, 3), [1, 1, 2]), (random(9, 4), [1, 2]), (random(6, 5), [])])
    let compute = Compute(threads: 1)
    let alone = try batch.evaluate(CTCLoss(reduction: .none), on: compute)
    for reduction in CTCReduction.allCases {
      let result = try batch.evaluate(CTCLoss(reduction: reduction, zeroInfinity: true), on: compute)
      let losses = [0, alone.batch.losses[1], alone.batch.losses[2]]
      let expected: Double? =
        switch reduction {
        case .none: nil
        case .sum: losses[1] + losses[2]
        case .mean: (losses[1] / 2 + losses[2]) / 3
        case .sentence: (losses[1] + losses[2]) / 3
        }
      #expect(result.batch.losses == losses)
      if let expected, let value = result.batch.value {
        #expect(abs(value - expected) < 1e-14)
        let plain = try batch.evaluate(CTCLoss(reduction: reduction), on: compute)
        #expect(plain.batch.value == .infinity)
      } else {
        #expect(expected == nil && result.batch.value == nil)
      }
      #expect(result.gradient[..<9].allSatisfy { $0 == 0 })
    }
  }

  @Test func nothingToSayInNoFramesIsCertain() throws {
    #expect(try lossOfOne([], vocabularySize: 3, labels: []).loss == 0)
    #expect(try lossOfOne([], vocabularySize: 3, labels: [1]).loss == .infinity)
  }

  @Test(arguments: KernelLevel.supported) func undefinedLogitsSpoilTheirUtteranceAlone(level: KernelLevel)
    throws
  {
    let compute = Compute(threads: 1, level: level)
    let good = try lossOfOne(random(60, 6), vocabularySize: 20, labels: [3, 4], on: compute)
    for bad in [[Float.nan], [.infinity], [Float](repeating: -.infinity, count: 20)] {
      for place in [0, 20, 40] {
        var spoiled = random(60, 7)
        spoiled.replaceSubrange(place..<place + bad.count, with: bad)
        let batch = LossBatch(vocabularySize: 20, [(spoiled, [1, 2]), (random(60, 6), [3, 4])])
        let result = try batch.evaluate(CTCLoss(reduction: .none, zeroInfinity: true), on: compute)
        #expect(result.batch.losses[0].isNaN)
        #expect(result.gradient[..<60].allSatisfy { $0.isNaN })
        #expect(result.batch.losses[1] == good.loss)
        #expect(Array(result.gradient[60...]) == good.gradient)
      }
    }
  }

  @Test(arguments: KernelLevel.supported) func impossibleTokensLeaveThePathsAroundThem(level: KernelLevel)
    throws
  {
    // Frame 1 forbids token 2, and frame 2 all but it.
    let none = -Float.infinity
    let logits: [Float] = [0.5, 1, 0, 0.25, 0.75, none, none, none, 2]
    let compute = Compute(threads: 1, level: level)
    let possible = try lossOfOne(logits, vocabularySize: 3, labels: [1, 2], on: compute)
    let expected = CTCLossReference(
      logits: logits.map(Double.init), vocabularySize: 3, labels: [1, 2], blank: 0)
    #expect(abs(possible.loss - expected.loss) < 1e-6)
    #expect(largestDifference(possible.gradient, expected.gradient) < 1e-6)
    #expect(try lossOfOne(logits, vocabularySize: 3, labels: [1], on: compute).loss == .infinity)
    #expect(try lossOfOne(logits, vocabularySize: 3, labels: [], on: compute).loss == .infinity)
  }

  @Test(arguments: KernelLevel.supported) func logitsOfAnySizeAreTaken(level: KernelLevel) throws {
    // Ordinary noise on a large offset, in steps that the offset's float can hold.
    for offset in [Float](arrayLiteral: -3e4, 900, 1100, 3e4, 1e6) {
      let logits = random(400, 8).map { ($0 * 16).rounded() + offset }
      let result = try lossOfOne(
        logits, vocabularySize: 8, labels: [1, 2, 2, 3, 7], on: Compute(threads: 1, level: level))
      let expected = CTCLossReference(
        logits: logits.map(Double.init), vocabularySize: 8, labels: [1, 2, 2, 3, 7], blank: 0)
      #expect(abs(result.loss - expected.loss) < 50 * 4 * rounding * max(1, expected.loss), "\(offset)")
      #expect(largestDifference(result.gradient, expected.gradient) < 2e-6, "\(offset)")
    }
  }

  @Test func labelsThatCannotBeAreNamed() throws {
    let loss = CTCLoss(blank: 1)
    for label in [-1, 1, 3] {
      let batch = LossBatch(vocabularySize: 3, [(random(9, 9), [0]), (random(9, 9), [2, label])])
      let error = #expect(throws: CTCTargetError.self) {
        try batch.evaluate(loss, on: Compute(threads: 1))
      }
      #expect(error?.utterance == 1 && error?.position == 1 && error?.label == label)
    }
    let batch = LossBatch(vocabularySize: 3, [(random(9, 9), [1])])
    let error = #expect(throws: CTCTargetError.self) { try batch.evaluate(loss, on: Compute(threads: 1)) }
    #expect(
      error?.description
        == "utterance 0, label 0: expected an id below 3 that is not the blank (1), found 1, the blank; "
        + "check that the targets were made with the model's vocabulary")
  }

  @Test(arguments: KernelLevel.supported) func threadsAndBatchMatesDoNotMatter(level: KernelLevel) throws {
    var generator = Seeded(10)
    let utterances = (0..<9).map { index in
      let frames = 20 + 13 * index % 40
      return (
        logits: generator.floats(frames * 11, in: -5...5),
        labels: (0..<frames / 3).map { _ in Int.random(in: 1...10, using: &generator) }
      )
    }
    let batch = LossBatch(vocabularySize: 11, utterances)
    let loss = CTCLoss(reduction: .none)
    let one = try batch.evaluate(loss, on: Compute(threads: 1, level: level))
    for threads in [2, 3, 8] {
      let many = try batch.evaluate(loss, on: Compute(threads: threads, level: level))
      #expect(many.batch == one.batch && many.gradient == one.gradient)
    }
    for (utterance, target) in zip(utterances, batch.targets) {
      let alone = try lossOfOne(
        utterance.logits, vocabularySize: 11, labels: utterance.labels,
        on: Compute(threads: 1, level: level))
      #expect(
        alone.gradient == Array(one.gradient[target.frames.lowerBound * 11..<target.frames.upperBound * 11]))
    }
  }
}
