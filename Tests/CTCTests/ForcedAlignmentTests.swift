import CTC
import TestSupport
import Testing

struct ForcedAlignmentTests {
  @Test func threeFramesByHand() throws {
    // Paths of "a": a - -, - a -, - - a, a a -, - a a, a a a. Their products: 0.9 x 0.4 x 0.8 = 0.288,
    // 0.1 x 0.6 x 0.8 = 0.048, 0.1 x 0.4 x 0.2, 0.9 x 0.6 x 0.8 = 0.432, 0.1 x 0.6 x 0.2, 0.9 x 0.6 x 0.2.
    let emissions = emissions(posteriors: [[0.1, 0.9], [0.4, 0.6], [0.8, 0.2]])
    let alignment = try #require(ForcedAlignment(emissions, labels: [1], blank: 0))
    #expect(alignment.path == [1, 1, 0])
    #expect(alignment.positions == [0, 0, nil])
    #expect(alignment.frames == [0..<2])
    // Three factors, each rounded to Float.
    #expect(abs(alignment.score - ln(0.432)) < 3 * 6e-8 / 0.2)
  }

  @Test func aRepeatTakesTheBlankBetween() throws {
    // Every path is as probable as every other.
    let emissions = emissions(posteriors: [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    let alignment = try #require(ForcedAlignment(emissions, labels: [1, 1], blank: 0))
    // Of those that end on the blank, the only one.
    #expect(alignment.positions == [0, nil, 1, nil])
    #expect(alignment.frames == [0..<1, 2..<3])
  }

  @Test(arguments: [(1, 2), (1, 4), (2, 3), (3, 3), (4, 3), (5, 3), (6, 2), (8, 2), (4, 5)])
  func isTheBestOfAllPaths(frames: Int, vocabularySize: Int) throws {
    var generator = Seeded(UInt64(frames * 100 + vocabularySize))
    for blank in 0..<vocabularySize {
      let emissions = randomEmissions(frames: frames, vocabularySize: vocabularySize, using: &generator)
      let texts = Dictionary(
        grouping: allPaths(frames: frames, vocabularySize: vocabularySize),
        by: { collapse($0, blank: blank) })
      for (labels, paths) in texts {
        let best = try #require(
          paths.max { emissions.logProbability(ofPath: $0) < emissions.logProbability(ofPath: $1) })
        let alignment = try #require(ForcedAlignment(emissions, labels: labels, blank: blank))
        #expect(alignment.path == best, "\(labels), blank \(blank)")
        // The same sum in the same order.
        #expect(alignment.score == emissions.logProbability(ofPath: best))
      }
    }
  }

  /// delta over the whole lattice, by the recursion as it stands, with all of its states.
  private func bestScore(_ emissions: Emissions, _ labels: [Int], blank: Int) -> Double {
    let states = [blank] + labels.flatMap { [$0, blank] }
    var delta = [[Double]](
      repeating: [Double](repeating: -.infinity, count: states.count), count: emissions.frames)
    for t in 0..<emissions.frames {
      for s in states.indices {
        var before = t == 0 ? (s < 2 ? 0 : -Double.infinity) : delta[t - 1][s]
        if t > 0, s > 0 { before = max(before, delta[t - 1][s - 1]) }
        if t > 0, s > 1, states[s] != blank, states[s] != states[s - 2] {
          before = max(before, delta[t - 1][s - 2])
        }
        delta[t][s] = before + Double(emissions[t, states[s]])
      }
    }
    return delta.last!.suffix(2).max()!
  }

  @Test(arguments: [(40, 12), (40, 40), (41, 40), (200, 3), (120, 60), (64, 0)])
  func agreesWithTheWholeLattice(frames: Int, count: Int) throws {
    for seed in 0..<5 {
      var generator = Seeded(UInt64(seed * 1000 + frames + count))
      let emissions = randomEmissions(frames: frames, vocabularySize: 6, using: &generator)
      // Without repeats where there is no frame to spare for them.
      var labels: [Int] = []
      for _ in 0..<count {
        let others = (1..<6).filter { frames >= 2 * count || $0 != labels.last }
        labels.append(others.randomElement(using: &generator)!)
      }
      let alignment = try #require(ForcedAlignment(emissions, labels: labels, blank: 0))
      #expect(collapse(alignment.path, blank: 0) == labels)
      #expect(alignment.score == bestScore(emissions, labels, blank: 0))
      #expect(alignment.score == emissions.logProbability(ofPath: alignment.path))
      #expect(alignment.score <= emissions.logProbability(of: labels, blank: 0))
      #expect(alignment.frames.count == count)
      for (position, range) in alignment.frames.enumerated() {
        #expect(range.allSatisfy { alignment.positions[$0] == position })
      }
    }
  }

  @Test func aTextWithoutAPathHasNone() {
    var generator = Seeded(6)
    let three = randomEmissions(frames: 3, vocabularySize: 4, using: &generator)
    #expect(ForcedAlignment(three, labels: [1, 2, 3, 1], blank: 0) == nil)
    #expect(ForcedAlignment(three, labels: [1, 1, 2], blank: 0) == nil)
    #expect(ForcedAlignment(three, labels: [1, 2, 3], blank: 0)?.path == [1, 2, 3])
    // Frame 0 forbids what the text begins with, and the blank.
    let forbidding = emissions(posteriors: [[0, 0, 1], [0.5, 0.25, 0.25]])
    #expect(ForcedAlignment(forbidding, labels: [1], blank: 0) == nil)
    #expect(ForcedAlignment(forbidding, labels: [2, 1], blank: 0)?.path == [2, 1])
  }

  @Test func noFramesSayTheEmptyText() {
    let none = Emissions(frames: 0, vocabularySize: 3, logPosteriors: [])
    #expect(ForcedAlignment(none, labels: [], blank: 0)?.score == 0)
    #expect(ForcedAlignment(none, labels: [1], blank: 0) == nil)
  }
}
