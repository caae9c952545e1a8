import Evaluation
import TestSupport
import Testing

@Suite struct `Matched pairs` {
  func segments(_ a: String, _ b: String, buffer: Int = 2) -> [[Int]] {
    MatchedPairs([operations(a)], [operations(b)], buffer: buffer).segments.map { [$0.a, $0.b] }
  }

  @Test func `two words that both have right end a segment`() {
    #expect(segments("MMMM", "MMMM") == [])
    #expect(segments("SMMS", "MMMM") == [[1, 0], [1, 0]])
    // One is not enough, nor are two that only one of them has right.
    #expect(segments("SMS", "MMM") == [[2, 0]])
    #expect(segments("SMMS", "MDMM") == [[2, 1]])
    #expect(segments("SMMMMS", "MMMMMD") == [[1, 0], [1, 1]])
  }

  @Test func `an insertion between two right words keeps the segment open`() {
    #expect(segments("SMIMS", "MMMM") == [[3, 0]])
    #expect(segments("SMMIS", "MMMM") == [[1, 0], [2, 0]])
    #expect(segments("IMMM", "MMM") == [[1, 0]])
  }

  @Test func `what is inserted behind the last word counts, whoever inserts it`() {
    #expect(segments("MMM", "MMMI") == [[0, 1]])
    #expect(segments("MMMI", "MMM") == [[1, 0]])
    #expect(segments("SMMMI", "MMMMII") == [[1, 0], [1, 2]])
    #expect(segments("", "II") == [[0, 2]])
  }

  @Test func `an utterance ends a segment`() {
    let pairs = MatchedPairs([operations("MS"), operations("SM")], [operations("MM"), operations("MM")])
    #expect(pairs.segments.map(\.a) == [1, 1])
  }

  @Test func `the statistic, worked by hand`() {
    // Differences 2, 0, 1: mean 1, variance (1 + 1 + 0) / 2, Z = 1 / sqrt(1/3).
    let pairs = MatchedPairs([operations("SSMMSMMD")], [operations("MMMMDMMM")])
    #expect(pairs.segments.map { [$0.a, $0.b] } == [[2, 0], [1, 1], [1, 0]])
    #expect(pairs.mean == 1 && pairs.variance == 1)
    #expect(abs(pairs.z - 3.0.squareRoot()) < 4 * Double.ulpOfOne)
    // 2 (1 - Phi(sqrt 3)) = 0.0832645...
    #expect(abs(pairs.p - 0.083264516663550) < 1e-14)
  }

  @Test func `systems that err alike have p 1, and so has what has no variance`() {
    #expect(MatchedPairs([], []).p == 1)
    #expect(MatchedPairs([operations("MMM")], [operations("MMM")]).p == 1)
    #expect(MatchedPairs([operations("SMMD")], [operations("SMMD")]).p == 1)
    // Better by one in every segment.
    #expect(MatchedPairs([operations("SMMSMMS")], [operations("MMMMMMM")]).z == 0)
  }

  @Test func `systems changed about change the sign`() {
    var generator = Seeded(3)
    for _ in 0..<200 {
      let (a, b) = utterances(&generator)
      let (there, back) = (MatchedPairs(a, b), MatchedPairs(b, a))
      #expect(there.segments.map { [$0.a, $0.b] } == back.segments.map { [$0.b, $0.a] })
      #expect(there.z == -back.z && there.p == back.p)
    }
  }

  /// The same cut another way: both alignments as one row of letters, `g` for a word that both have right and
  /// `x` for all else, split at runs of `g`.
  @Test(arguments: 1...3) func `segments are what lies between runs of right words`(buffer: Int) {
    var generator = Seeded(4)
    for _ in 0..<300 {
      let (a, b) = utterances(&generator)
      var expected: [[Int]] = []
      for (a, b) in zip(a, b) {
        var row: [(isRight: Bool, a: Int, b: Int)] = []
        let (groupsA, groupsB) = (groups(a), groups(b))
        for (a, b) in zip(groupsA, groupsB) {
          if a.inserted + b.inserted > 0 { row.append((false, a.inserted, b.inserted)) }
          if let wordA = a.word, let wordB = b.word {
            row.append((!wordA.isError && !wordB.isError, wordA.isError ? 1 : 0, wordB.isError ? 1 : 0))
          }
        }
        let runs = row.indices.map { index in
          let before = row[...index].reversed().prefix { $0.isRight }.count
          let after = row[index...].prefix { $0.isRight }.count
          return row[index].isRight ? before + after - 1 : 0
        }
        let pieces = row.indices.split { runs[$0] >= buffer }
        expected += pieces.map { piece in
          [piece.reduce(0) { $0 + row[$1].a }, piece.reduce(0) { $0 + row[$1].b }]
        }.filter { $0 != [0, 0] }
      }
      #expect(MatchedPairs(a, b, buffer: buffer).segments.map { [$0.a, $0.b] } == expected)
    }
  }

  /// Each word of the reference with the insertions before it, and what is behind the last.
  func groups(_ steps: [EditOperation]) -> [(inserted: Int, word: EditOperation?)] {
    var groups: [(inserted: Int, word: EditOperation?)] = [(0, nil)]
    for step in steps {
      if step == .insertion {
        groups[groups.count - 1].inserted += 1
      } else {
        groups[groups.count - 1].word = step
        groups.append((0, nil))
      }
    }
    return groups
  }

  func utterances(_ generator: inout Seeded) -> ([[EditOperation]], [[EditOperation]]) {
    let references = (0..<4).map { _ in generator.words(0...12) }
    func steps() -> [[EditOperation]] {
      references.map { reference in
        var steps: [EditOperation] = []
        for place in 0...reference.count {
          while Double.random(in: 0..<1, using: &generator) < 0.1 { steps.append(.insertion) }
          let draw = Double.random(in: 0..<1, using: &generator)
          if place < reference.count {
            steps.append(draw < 0.1 ? .substitution : draw < 0.2 ? .deletion : .match)
          }
        }
        return steps
      }
    }
    return (steps(), steps())
  }
}
