import CTC
import TestSupport
import Testing

struct ForwardProbabilityTests {
  /// Sums of a few dozen terms near 1 in Double: units in the last place, far from the last digits of Float.
  private let tolerance = 1e-12

  @Test func twoFramesByHand() {
    // a a, a -, - a have the text "a": 0.6 * 0.3 + 0.6 * 0.7 + 0.4 * 0.3 = 0.72; - - has none: 0.4 * 0.7 =
    // 0.28.
    let emissions = emissions(posteriors: [[0.4, 0.6], [0.7, 0.3]])
    // The inputs are rounded to Float: two factors of relative error 2^-24 each.
    #expect(abs(emissions.logProbability(of: [1], blank: 0) - ln(0.72)) < 2e-7)
    #expect(abs(emissions.logProbability(of: [], blank: 0) - ln(0.28)) < 2e-7)
    #expect(emissions.logProbability(of: [1, 1], blank: 0) == -.infinity)
  }

  @Test func aRepeatNeedsTheBlankBetween() {
    // a - a is the only path of "aa" in three frames.
    let emissions = emissions(posteriors: [[0.4, 0.6], [0.7, 0.3], [0.5, 0.5]])
    #expect(abs(emissions.logProbability(of: [1, 1], blank: 0) - ln(0.6 * 0.7 * 0.5)) < 3e-7)
  }

  @Test(arguments: [(1, 2), (1, 4), (2, 3), (3, 3), (4, 3), (5, 3), (6, 2), (8, 2), (4, 5)])
  func agreesWithTheSumOverAllPaths(frames: Int, vocabularySize: Int) {
    var generator = Seeded(UInt64(frames * 100 + vocabularySize))
    for blank in 0..<vocabularySize {
      let emissions = randomEmissions(frames: frames, vocabularySize: vocabularySize, using: &generator)
      for (labels, expected) in emissions.textsByBruteForce(blank: blank) {
        let found = emissions.logProbability(of: labels, blank: blank)
        #expect(abs(found - expected) < tolerance, "\(labels), blank \(blank)")
      }
    }
  }

  @Test func allTextsTogetherAreCertain() {
    var generator = Seeded(5)
    let emissions = randomEmissions(frames: 6, vocabularySize: 3, using: &generator)
    let texts = emissions.textsByBruteForce(blank: 0).keys
    let sum = logSum(texts.map { emissions.logProbability(of: $0, blank: 0) })
    // Each frame's posteriors sum to 1 but for the rounding to Float.
    #expect(abs(sum) < 6 * 3 * 6e-8)
  }

  @Test func impossibleTokensLeaveThePathsAroundThem() {
    // "ab" can only be said as a b b, a a b or a - b; frame 1 forbids b.
    let emissions = emissions(posteriors: [[0, 1, 0], [0.25, 0.75, 0], [0, 0, 1]])
    #expect(abs(emissions.logProbability(of: [1, 2], blank: 0)) < 1e-7)
    #expect(emissions.logProbability(of: [2, 1], blank: 0) == -.infinity)
    #expect(emissions.logProbability(of: [], blank: 0) == -.infinity)
  }

  @Test func tooFewFramesAreImpossible() {
    var generator = Seeded(6)
    let emissions = randomEmissions(frames: 3, vocabularySize: 4, using: &generator)
    #expect(emissions.logProbability(of: [1, 2, 3, 1], blank: 0) == -.infinity)
    #expect(emissions.logProbability(of: [1, 1, 2], blank: 0) == -.infinity)
    #expect(emissions.logProbability(of: [1, 2, 3], blank: 0) > -.infinity)
  }

  @Test func noFramesSayTheEmptyTextForCertain() {
    let none = Emissions(frames: 0, vocabularySize: 3, logPosteriors: [])
    #expect(none.logProbability(of: [], blank: 0) == 0)
    #expect(none.logProbability(of: [1], blank: 0) == -.infinity)
  }

  @Test func tensOfThousandsOfFramesStayFinite() {
    // Uniform emissions: every path has probability V^-T, and the paths of a U-label text without repeats
    // number C(T + U, 2 U): T frames shared among U labels, at least one each, and U + 1 blanks.
    let (frames, vocabularySize, count) = (20_000, 4, 50)
    let uniform = Float(-ln(Double(vocabularySize)))
    let emissions = Emissions(
      frames: frames, vocabularySize: vocabularySize,
      logPosteriors: [Float](repeating: uniform, count: frames * vocabularySize))
    let labels = (0..<count).map { 1 + $0 % 3 }
    let paths = (1...2 * count).reduce(0.0) {
      $0 + ln(Double(frames + count - 2 * count + $1)) - ln(Double($1))
    }
    let expected = paths + Double(frames) * Double(uniform)
    let found = emissions.logProbability(of: labels, blank: 0)
    // Each of T frames rounds at the magnitude of the result, at most half a unit in the last place.
    #expect(abs(found - expected) < Double(frames) * expected.ulp)
  }
}
