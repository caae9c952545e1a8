import CTC
import Tensors
import TestSupport
import Testing

/// The promise for utterances of up to 1500 frames and 300 labels; most stay below a third of it.
private let gradientTolerance = 2e-6

struct CTCLossTests {
  private func logits(posteriors rows: [[Double]]) -> [Float] { rows.flatMap { $0 }.map { Float(ln($0)) } }

  @Test(arguments: KernelLevel.supported) func oneFrameByHand(level: KernelLevel) throws {
    // The only path of "a" in one frame is a: the loss is -ln 0.3, the occupancy 1 at a.
    let result = try lossOfOne(
      logits(posteriors: [[0.5, 0.3, 0.2]]), vocabularySize: 3, labels: [1],
      on: Compute(threads: 1, level: level))
    #expect(abs(result.loss + ln(0.3)) < 4 * rounding)
    #expect(largestDifference(result.gradient, [0.5, -0.7, 0.2]) < 4 * rounding)
  }

  @Test(arguments: KernelLevel.supported) func twoFramesByHand(level: KernelLevel) throws {
    // "a" is a a (0.6 * 0.3), a - (0.6 * 0.7) and - a (0.4 * 0.3), 0.72 together. a is in frame 0 with
    // probability 0.6 / 0.72 = 5/6 and in frame 1 with 0.3 / 0.72 = 5/12.
    let result = try lossOfOne(
      logits(posteriors: [[0.4, 0.6], [0.7, 0.3]]), vocabularySize: 2, labels: [1],
      on: Compute(threads: 1, level: level))
    #expect(abs(result.loss + ln(0.72)) < 8 * rounding)
    #expect(
      largestDifference(
        result.gradient, [0.4 - 1.0 / 6, 0.6 - 5.0 / 6, 0.7 - 7.0 / 12, 0.3 - 5.0 / 12]) < 8 * rounding)
  }

  @Test(arguments: KernelLevel.supported) func anEmptyTargetIsAllBlank(level: KernelLevel) throws {
    let result = try lossOfOne(
      logits(posteriors: [[0.4, 0.6], [0.7, 0.3]]), vocabularySize: 2, labels: [],
      on: Compute(threads: 1, level: level))
    #expect(abs(result.loss + ln(0.28)) < 8 * rounding)
    #expect(largestDifference(result.gradient, [-0.6, 0.6, -0.3, 0.3]) < 8 * rounding)
  }

  @Test(arguments: [(1, 2), (2, 3), (3, 3), (4, 3), (5, 3), (6, 2), (4, 5)])
  func agreesWithTheSumOverAllPaths(frames: Int, vocabularySize: Int) throws {
    var generator = Seeded(UInt64(frames * 100 + vocabularySize))
    for blank in 0..<vocabularySize {
      let emissions = randomEmissions(frames: frames, vocabularySize: vocabularySize, using: &generator)
      let paths = Dictionary(
        grouping: allPaths(frames: frames, vocabularySize: vocabularySize),
        by: { collapse($0, blank: blank) })
      let posteriors = emissions.logPosteriors.map { exponential(Double($0)) }
      for (labels, paths) in paths {
        let logs = paths.map { emissions.logProbability(ofPath: $0) }
        let total = logSum(logs)
        var expected = posteriors
        for (path, log) in zip(paths, logs) {
          for (t, token) in path.enumerated() {
            expected[t * vocabularySize + token] -= exponential(log - total)
          }
        }
        for level in KernelLevel.supported {
          let result = try lossOfOne(
            emissions.logPosteriors, vocabularySize: vocabularySize, labels: labels, blank: blank,
            on: Compute(threads: 1, level: level))
          #expect(abs(result.loss + total) < 2e-6, "\(labels), blank \(blank), \(level)")
          #expect(
            largestDifference(result.gradient, expected) < gradientTolerance,
            "\(labels), blank \(blank), \(level)")
        }
      }
    }
  }

  @Test func theReferencesGradientIsItsDifferenceQuotient() {
    var generator = Seeded(8)
    let vocabularySize = 4
    let logits = generator.floats(7 * vocabularySize, in: -2...2).map(Double.init)
    for labels in [[], [2], [1, 1, 3], [3, 2, 1, 2]] {
      func loss(_ logits: [Double]) -> Double {
        CTCLossReference(logits: logits, vocabularySize: vocabularySize, labels: labels, blank: 0).loss
      }
      let gradient = CTCLossReference(
        logits: logits, vocabularySize: vocabularySize, labels: labels, blank: 0
      ).gradient
      let h = 1e-5
      for index in logits.indices {
        var above = logits
        var below = logits
        above[index] += h
        below[index] -= h
        // The quotient is off by h^2 / 6 times a third derivative near 1, and by rounding over h.
        #expect(abs((loss(above) - loss(below)) / (2 * h) - gradient[index]) < 1e-8)
      }
    }
  }

  /// How logits are made from noise.
  enum Kind: String, CaseIterable, Sendable { case plain, peaky, blank }

  @Test(arguments: [
    (1, 1, 2), (2, 1, 5), (9, 4, 2), (17, 8, 5), (33, 15, 32), (64, 16, 32), (101, 31, 17),
    (300, 64, 1000), (1500, 300, 2), (1500, 300, 5), (1500, 300, 32), (1500, 300, 1000), (1500, 300, 5000),
  ])
  func agreesWithTheReference(frames: Int, count: Int, vocabularySize: Int) throws {
    for (number, kind) in Kind.allCases.enumerated() {
      var generator = Seeded(UInt64(frames + 7 * vocabularySize + number))
      var logits = generator.floats(frames * vocabularySize, in: -3...3)
      if kind == .peaky { logits = logits.map { $0 * 20 } }
      if kind == .blank { for t in 0..<frames { logits[t * vocabularySize] += 12 } }
      let labels = (0..<count).map { _ in Int.random(in: 1..<vocabularySize, using: &generator) }
      let expected = CTCLossReference(
        logits: logits.map(Double.init), vocabularySize: vocabularySize, labels: labels, blank: 0)
      for level in KernelLevel.supported {
        let result = try lossOfOne(
          logits, vocabularySize: vocabularySize, labels: labels, on: Compute(threads: 1, level: level))
        let difference = largestDifference(result.gradient, expected.gradient)
        #expect(difference < gradientTolerance, "\(kind), \(level)")
        // A relative rounding or two for each frame, at worst all in one direction.
        #expect(
          abs(result.loss - expected.loss) <= Double(frames) * 4 * rounding, "\(kind), \(level)")
      }
    }
  }
}
