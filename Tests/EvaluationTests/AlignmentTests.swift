import Tensors
import TestSupport
import Testing

@testable import Evaluation

extension Alignment {
  /// A letter a step, as sclite writes them; O for an omission.
  var letters: String {
    steps.map { step in
      switch step.kind {
      case .match: "C"
      case .omission: "O"
      case .substitution: "S"
      case .deletion: "D"
      case .insertion: "I"
      }
    }.joined()
  }
}

@Suite struct `Alignments` {
  /// A reference, a hypothesis, and the steps of sclite and of jiwer.
  static let pairs = goldenRows("pairs.tsv")

  @Test func `sclite's alignments of 2,871 pairs, step by step`() {
    #expect(Self.pairs.count == 2871)
    for row in Self.pairs {
      let (r, h) = (words(row[0]), words(row[1]))
      let alignment = Alignment(reference: r, hypothesis: h, costs: .sclite)
      #expect(alignment.letters == row[2], "\(row[0]) | \(row[1])")
      #expect(EditCounts(reference: r, hypothesis: h, costs: .sclite) == alignment.counts)
    }
  }

  @Test func `jiwer's alignments of the same pairs, step by step`() {
    for row in Self.pairs {
      let (r, h) = (words(row[0]), words(row[1]))
      let alignment = Alignment(reference: r, hypothesis: h, costs: .jiwer)
      #expect(alignment.letters == row[3], "\(row[0]) | \(row[1])")
      #expect(EditCounts(reference: r, hypothesis: h, costs: .jiwer) == alignment.counts)
    }
  }

  /// The errors are jiwer's always, and their kinds sclite's where it makes as few.
  @Test func `at unit cost there are as many errors as jiwer finds, of sclite's kinds where it finds as few`()
  {
    var (same, more) = (0, 0)
    for row in Self.pairs {
      let (r, h) = (words(row[0]), words(row[1]))
      let counts = EditCounts(reference: r, hypothesis: h)
      #expect(counts.errors == row[3].count { $0 != "C" }, "\(row[0]) | \(row[1])")
      if row[2].count(where: { $0 != "C" }) == counts.errors {
        same += 1
        #expect(counts.substitutions == row[2].count { $0 == "S" }, "\(row[0]) | \(row[1])")
        #expect(counts.deletions == row[2].count { $0 == "D" }, "\(row[0]) | \(row[1])")
      } else {
        more += 1
      }
    }
    // Both kinds of pairs are there, in such numbers.
    #expect(same == 2853 && more == 18)
  }

  @Test(arguments: EditCosts.allCases)
  func `a divided table gives the alignment of the whole one`(costs: EditCosts) {
    var generator = Seeded(3)
    for round in 0..<600 {
      func sequence() -> [UInt32] {
        (0..<Int.random(in: 0...40, using: &generator)).map { _ in .random(in: 0..<4, using: &generator) }
      }
      let r = sequence()
      var h = sequence()
      if round % 2 == 0 {
        h = r
        for _ in 0..<Int.random(in: 0...8, using: &generator) where !h.isEmpty {
          h[Int.random(in: 0..<h.count, using: &generator)] = .random(in: 0..<4, using: &generator)
          h.remove(at: Int.random(in: 0..<h.count, using: &generator))
        }
      }
      var (whole, divided) = (
        LinearSpaceAligner(costs: costs), LinearSpaceAligner(costs: costs, largestTable: 4)
      )
      let expected = whole.alignment(r, h, limit: 4)
      #expect(divided.alignment(r, h, limit: 4) == expected, "\(r) \(h)")
      var counter = EditCounter(costs: costs)
      #expect(counter.counts(r, h, limit: 4) == expected.counts, "\(r) \(h)")
    }
  }

  @Test(arguments: EditCosts.allCases)
  func `tables by diagonals end as tables by rows do, at every kernel level`(costs: EditCosts) {
    var generator = Seeded(6)
    var (rows, byDiagonals) = (
      EditCounter(costs: costs, wideBand: .max), EditCounter(costs: costs, wideBand: 0)
    )
    var levels = KernelLevel.supported.map { EditDiagonals(level: $0) }
    for _ in 0..<400 {
      func sequence() -> [UInt32] {
        (0..<Int.random(in: 1...90, using: &generator)).map { _ in .random(in: 0..<4, using: &generator) }
      }
      let (r, h) = (sequence(), sequence())
      #expect(byDiagonals.counts(r, h, limit: 4) == rows.counts(r, h, limit: 4), "\(r) \(h)")
      let band = EditBand(reference: r.count, hypothesis: h.count, indels: nil)
      r.withUnsafeBufferPointer { r in
        h.withUnsafeBufferPointer { h in
          let found = Set(levels.indices.map { levels[$0].last(r, h, band, costs) })
          #expect(found.count == 1, "\(Array(r)) \(Array(h))")
        }
      }
    }
  }

  /// The table of Wagner and Fischer as it stands in the books.
  func distance(_ r: [UInt32], _ h: [UInt32]) -> Int {
    var row = Array(0...h.count)
    for (i, a) in r.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in h.enumerated() {
        (diagonal, row[j + 1]) = (row[j + 1], min(diagonal + (a == b ? 0 : 1), row[j] + 1, row[j + 1] + 1))
      }
    }
    return row[h.count]
  }

  @Test func `the edit distance by bits is that of the table, for lengths about multiples of 64`() {
    var generator = Seeded(4)
    var (whole, banded) = (EditDistance(longestWhole: .max), EditDistance(longestWhole: 0))
    for (m, n) in [
      (1, 1), (63, 70), (64, 64), (65, 1), (127, 140), (128, 128), (129, 5), (200, 193), (3, 300),
    ] {
      for symbols in [UInt32(2), 5, 50] {
        for round in 0..<8 {
          let r = (0..<m).map { _ in UInt32.random(in: 0..<symbols, using: &generator) }
          var h = (0..<n).map { _ in UInt32.random(in: 0..<symbols, using: &generator) }
          // Half of them are alike but for a few places.
          for place in 0..<min(m, n)
          where round % 2 == 0 && !Int.random(in: 0..<20, using: &generator).isMultiple(of: 20) {
            h[place] = r[place]
          }
          let found = r.withUnsafeBufferPointer { r in
            h.withUnsafeBufferPointer {
              [whole(r, $0, limit: Int(symbols)), banded(r, $0, limit: Int(symbols))]
            }
          }
          let expected = distance(r, h)
          #expect(found == [expected, expected], "\(m) \(n) \(symbols)")
        }
      }
    }
  }

  @Test func `10,000 words against 10,000 are aligned`() {
    var generator = Seeded(5)
    let r = (0..<10_000).map { _ in Int.random(in: 0..<500, using: &generator) }
    var h = r
    // 100 changed, 100 gone, 100 more: at most 300 errors, and at least the 100 that cannot be undone.
    for place in stride(from: 9_900, through: 0, by: -100) {
      h[place + 10] = 1000
      h.remove(at: place + 40)
      h.insert(1001, at: place + 70)
    }
    for costs in EditCosts.allCases {
      let alignment = Alignment(reference: r, hypothesis: h, costs: costs)
      #expect(alignment.counts == EditCounts(reference: r, hypothesis: h, costs: costs))
      #expect(alignment.counts.errors == 300)
      #expect(alignment.steps.compactMap(\.reference) == Array(0..<10_000))
      #expect(alignment.steps.compactMap(\.hypothesis) == Array(0..<10_000))
    }
  }

  @Test func `steps say what stands for what`() {
    let alignment = Alignment(reference: words("the cat sat down"), hypothesis: words("a the cut sat"))
    #expect(
      alignment.steps == [
        AlignmentStep(.insertion, reference: nil, hypothesis: 0),
        AlignmentStep(.match, reference: 0, hypothesis: 1),
        AlignmentStep(.substitution, reference: 1, hypothesis: 2),
        AlignmentStep(.match, reference: 2, hypothesis: 3),
        AlignmentStep(.deletion, reference: 3, hypothesis: nil),
      ])
    #expect(alignment.counts == EditCounts(substitutions: 1, deletions: 1, insertions: 1, reference: 4))
    #expect(Alignment(reference: [Int](), hypothesis: []).steps.isEmpty)
  }
}
