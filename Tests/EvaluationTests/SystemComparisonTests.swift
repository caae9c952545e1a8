import Evaluation
import Testing

@Suite struct `Comparing systems` {
  private func utterance(_ id: String, _ reference: String, _ notation: ReferenceNotation = .plain)
    -> ComparedUtterance
  {
    ComparedUtterance(id: id, reference: reference, notation: notation)
  }

  private func system(_ name: String, _ texts: [String]) -> ComparedSystem {
    ComparedSystem(name: name, readings: texts.map { ComparedSystem.Reading($0) })
  }

  @Test func `figures of a case worked by hand`() throws {
    let utterances = [utterance("u1", "the cat sat"), utterance("u2", "on the mat"), utterance("u3", "yes")]
    let systems = [
      // One substitution, one deletion, right.
      system("a", ["the cut sat", "on mat", "yes"]),
      // Right, one insertion, wrong.
      system("b", ["the cat sat", "on the the mat", "no"]),
    ]
    let comparison = try #require(try SystemComparison(utterances, systems))
    let (a, b) = (comparison.standings[0], comparison.standings[1])
    #expect(a.totals.words == EditCounts(substitutions: 1, deletions: 1, insertions: 0, reference: 7))
    #expect(b.totals.words == EditCounts(substitutions: 1, deletions: 0, insertions: 1, reference: 7))
    #expect(a.totals.wrongSentences == 2 && b.totals.wrongSentences == 2 && a.totals.sentences == 3)
    #expect(a.oracle == nil)
    let pair = try #require(comparison.pairs.first)
    #expect(comparison.pairs.count == 1 && pair.difference == 0)
    #expect((pair.wins, pair.ties, pair.losses) == (1, 1, 1))
    // Both have as many errors; a vote of two is the first system's, of equals the first of the list.
    let combination = try #require(comparison.combination)
    #expect(combination.words.errors == 2 && !combination.usesConfidences)
    // Of each word some system has it, or nothing where something is inserted.
    #expect(combination.oracleErrors == 0)
    #expect(comparison.alignments[1][1].errors == 1 && comparison.alignments[0][0].reference.count == 3)
  }

  @Test func `three that disagree are outvoted, by confidence where there is one`() throws {
    let utterances = [utterance("u", "a b c")]
    let texts = ["a x c", "a b y", "z b c"]
    let vote = try #require(
      try SystemComparison(utterances, texts.map { system($0, [$0]) })?.combination)
    #expect(vote.words.errors == 0)
    // Two systems against a sure one: (0.5 x 2/3 + 0.5 x 0.1) < (0.5 x 1/3 + 0.5 x 0.9).
    var unsure = ComparedSystem.Reading("a x")
    unsure.wordConfidences = [0.9, 0.1]
    var sure = ComparedSystem.Reading("a b")
    sure.wordConfidences = [0.9, 0.9]
    let weighed = try #require(
      try SystemComparison(
        [utterance("u", "a b")],
        [
          ComparedSystem(name: "1", readings: [unsure]), ComparedSystem(name: "2", readings: [unsure]),
          ComparedSystem(name: "3", readings: [sure]),
        ])?.combination)
    #expect(weighed.usesConfidences && weighed.words.errors == 0)
  }

  @Test func `systems that err alike have p = 1, one that never errs is better`() throws {
    let utterances = (0..<60).map { utterance("u\($0)", "one two three four five six seven") }
    let right = [String](repeating: "one two three four five six seven", count: 60)
    let wrong = right.enumerated().map { $0 % 3 == 0 ? "one two tree four five six seven" : $1 }
    let comparison = try #require(
      try SystemComparison(
        utterances, [system("a", wrong), system("b", wrong), system("c", right)], threads: 2))
    #expect(comparison.pairs.map { [$0.a, $0.b] } == [[0, 1], [0, 2], [1, 2]])
    #expect(comparison.pairs[0].matchedPairsP == 1 && comparison.pairs[0].bootstrapP == 1)
    let pair = comparison.pairs[1]
    #expect(pair.bootstrapP < 0.01 && (pair.difference ?? 0) > 0 && pair.losses == 20 && pair.ties == 40)
    #expect(try #require(pair.interval).lowerBound > 0)
    #expect(try #require(comparison.standings[2].interval) == 0...0)
  }

  @Test func `the oracle is the best of each list`() throws {
    var first = ComparedSystem.Reading("a x")
    first.alternatives = ["a x", "y z", "a b"]
    var second = ComparedSystem.Reading("c")
    second.alternatives = ["c", "d"]
    let utterances = [utterance("u", "a b"), utterance("v", "c c")]
    let comparison = try #require(
      try SystemComparison(utterances, [ComparedSystem(name: "s", readings: [first, second])]))
    #expect(comparison.standings[0].totals.words.errors == 2)
    #expect(comparison.standings[0].oracle == EditCounts(deletions: 1, reference: 4))
    #expect(comparison.pairs.isEmpty && comparison.combination == nil)
    // One list is missing: no oracle.
    second.alternatives = []
    let without = try #require(
      try SystemComparison(utterances, [ComparedSystem(name: "s", readings: [first, second])]))
    #expect(without.standings[0].oracle == nil)
  }

  @Test func `each system is scored on the reading that suits it, and aligned with one for all`() throws {
    let utterances = [utterance("u", "{ okay / all right } then", .sclite)]
    let comparison = try #require(
      try SystemComparison(utterances, [system("a", ["okay then"]), system("b", ["all right then"])]))
    #expect(comparison.standings.allSatisfy { $0.totals.words.errors == 0 })
    #expect(comparison.alignments[0][0].reference == comparison.alignments[1][0].reference)
    #expect(comparison.pairs[0].difference == 0)
  }

  @Test func `errors go with a quantity in ranges of as many utterances`() throws {
    let utterances = (1...10).map { index in
      var one = utterance("u\(index)", "a b")
      one.durationSeconds = Double(index)
      return one
    }
    // Long ones are wrong.
    let comparison = try #require(
      try SystemComparison(
        utterances,
        [
          system("s", (1...10).map { $0 > 5 ? "x y" : "a b" }),
          system("t", [String](repeating: "a b", count: 10)),
        ]))
    let trend = try #require(comparison.trend(.duration, bins: 2))
    #expect(trend.bins.map(\.range) == [1...5, 6...10])
    #expect(trend.bins.map(\.rates) == [[0, 0], [1, 0]])
    #expect(trend.bins.map(\.utterances) == [[5, 5], [5, 5]])
    #expect(comparison.trend(.confidence) == nil && comparison.trend(.level) == nil)
  }
}
