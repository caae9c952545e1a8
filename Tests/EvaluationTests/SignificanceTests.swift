import Evaluation
import TestSupport
import Testing

@Suite struct `Sign test` {
  @Test func `cases worked by hand`() {
    #expect(SignTest(0, 0).p == 1 && SignTest(4, 4).p == 1)
    // 2 / 2^5, and 2 (1 + 6) / 2^6.
    #expect(abs(SignTest(0, 5).p - 0.0625) < 1e-15)
    #expect(abs(SignTest(5, 1).p - 14.0 / 64) < 1e-15)
  }

  /// The part of all tosses that are at least as uneven.
  @Test func `all tosses of up to 12 coins give the same`() {
    for count in 1...12 {
      for a in 0...count {
        let uneven = (0..<1 << count).count { abs(2 * $0.nonzeroBitCount - count) >= abs(2 * a - count) }
        let exact = Double(uneven) / Double(1 << count)
        // A rounding each for a logarithm, an exponential and a sum of every term.
        #expect(abs(SignTest(a, count - a).p - exact) < 64 * Double.ulpOfOne)
      }
    }
  }

  @Test func `large counts neither vanish nor overflow`() {
    #expect(SignTest(50_000, 50_001).p > 0.99 && SignTest(50_000, 50_001).p <= 1)
    #expect(SignTest(0, 2000).p >= 0)
    #expect(SignTest(40_000, 60_000).p < 1e-300)
  }
}

@Suite struct `Holm's correction` {
  @Test func `a case worked by hand`() {
    // Sorted 0.005, 0.01, 0.03, 0.04: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 raised to 0.06.
    let adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005])
    for (a, b) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(a - b) < 1e-15) }
    #expect(holmAdjusted([]) == [] && holmAdjusted([0.3]) == [0.3] && holmAdjusted([0.9, 1]) == [1, 1])
  }

  /// Closed testing (Marcus, Peritz and Gabriel 1976): a hypothesis is rejected when Bonferroni rejects every
  /// set of hypotheses that it belongs to.
  @Test func `it is what closed testing by Bonferroni gives`() {
    var generator = Seeded(5)
    for _ in 0..<200 {
      let count = Int.random(in: 1...6, using: &generator)
      let values = (0..<count).map { _ in Double.random(in: 0...0.4, using: &generator) }
      let adjusted = holmAdjusted(values)
      for index in 0..<count {
        let sets = (1..<1 << count).filter { $0 >> index & 1 == 1 }
        let closed = sets.map { set in
          let members = (0..<count).filter { set >> $0 & 1 == 1 }
          return min(1, Double(members.count) * members.map { values[$0] }.min()!)
        }.max()!
        #expect(adjusted[index] == closed)
      }
    }
  }
}

@Suite struct `Pairs of systems` {
  @Test func `every pair once, with wins, ties and losses`() {
    let steps = [["S", "MM", "MD"], ["M", "MM", "DD"], ["M", "MM", "MM"]].map { $0.map(operations) }
    let errors = steps.map { $0.map { $0.count(where: \.isError) } }
    let bootstrap = Bootstrap(errors: errors, reference: [1, 2, 2])
    let pairs = PairComparison.all(bootstrap, alignments: steps)
    #expect(pairs.map { [$0.a, $0.b] } == [[0, 1], [0, 2], [1, 2]])
    #expect(pairs.map { [$0.wins, $0.ties, $0.losses] } == [[1, 1, 1], [0, 1, 2], [0, 2, 1]])
    #expect(pairs.map(\.difference) == [0, 0.4, 0.4])
    #expect(pairs.map(\.correctedBootstrapP) == holmAdjusted(pairs.map(\.bootstrapP)))
    #expect(pairs.map(\.correctedMatchedPairsP) == holmAdjusted(pairs.map(\.matchedPairsP)))
    #expect(pairs[1].interval == bootstrap.interval(ofDifference: 0, 2))
  }

  @Test func `a system beside itself differs in nothing`() throws {
    let steps = [["S", "MM", "MDI"], ["S", "MM", "MDI"]].map { $0.map(operations) }
    let errors = steps.map { $0.map { $0.count(where: \.isError) } }
    let pairs = PairComparison.all(Bootstrap(errors: errors, reference: [1, 2, 2]), alignments: steps)
    let pair = try #require(pairs.first)
    #expect(pair.difference == 0 && pair.interval == 0...0)
    #expect(pair.matchedPairsP == 1 && pair.bootstrapP == 1)
    #expect([pair.wins, pair.ties, pair.losses] == [0, 3, 0])
  }
}
