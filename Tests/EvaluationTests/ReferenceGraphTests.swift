import TestSupport
import Testing

@testable import Evaluation

@Suite struct `References with alternatives` {
  func graph(_ text: String) throws -> ReferenceGraph { try ReferenceGraph(parsing: text) { words($0) } }

  func aligned(
    _ reference: String, _ hypothesis: String, _ costs: EditCosts = .unit, largestTable: Int = 1 << 22
  ) throws -> (reading: String, alignment: Alignment) {
    var aligner = GraphAligner(
      try graph(reference), hypothesis: words(hypothesis), costs: costs, largestTable: largestTable)
    let (reading, alignment) = aligner.alignment()
    return (reading.map(\.text).joined(separator: " "), alignment)
  }

  @Test func `cases worked by hand`() throws {
    let reference = "a { b / c d / @ } (uh) e"
    for (hypothesis, reading, counts) in [
      ("a b e", "a b uh e", EditCounts(reference: 4)),
      ("a c d uh e", "a c d uh e", EditCounts(reference: 5)),
      ("a e", "a uh e", EditCounts(reference: 3)),
      ("", "a uh e", EditCounts(deletions: 2, reference: 3)),
    ] {
      for costs in EditCosts.allCases {
        let (found, alignment) = try aligned(reference, hypothesis, costs)
        #expect(found == reading && alignment.counts == counts, "\(hypothesis) \(costs)")
      }
    }
    let kinds = try aligned("(a) b", "b").alignment.steps.map(\.kind)
    #expect(kinds == [.omission, .match])
  }

  @Test func `alternatives may be within others and need no spaces`() throws {
    #expect(try graph("{a/b {c/d}}").parts == graph("{ a / b { c / d } }").parts)
    #expect(
      try graph("{ a / b { c / d } }").parts[0].map { $0.map(\.text).joined() } == ["a", "bc", "bd"])
    #expect(try graph("a (b) () x}y").parts.map { $0[0][0].text } == ["a", "b", "()", "x}y"])
    #expect(try graph("a b").isPlain && !graph("a (b)").isPlain && !graph("{ a / b }").isPlain)
  }

  @Test func `what cannot be read is said`() {
    let many = "{ " + String(repeating: "{ a / b } ", count: 13) + "}"
    for text in ["a { b / c", "a{ b / c }", "{ a / }", "{}", many] {
      #expect(throws: ReferenceGraph.Fault.self, "\(text)") { try graph(text) }
    }
  }

  /// What sclite's steps cost.
  func cost(_ letters: String) -> Int {
    letters.reduce(0) { $0 + (["S": 4, "D": 3, "I": 3, "O": 2][$1] ?? 0) }
  }

  @Test func `sclite's alignments of 2,004 references, step by step`() throws {
    let rows = goldenRows("graphs.tsv")
    #expect(rows.count == 2004)
    var different = 0
    for row in rows {
      let found = try aligned(row[0], row[1], .sclite).alignment.letters
      // Of alternatives within alternatives sclite may take others that cost as much.
      let isNested = row[0].contains(/\{[^}]*\{/)
      if isNested && found != row[2] {
        different += 1
        #expect(cost(found) == cost(row[2]), "\(row[0]) | \(row[1])")
      } else {
        #expect(found == row[2], "\(row[0]) | \(row[1])")
      }
    }
    #expect(different == 3)
  }

  /// All readings of a reference, optional words left out or not, each with the words that were left out.
  func readings(_ graph: ReferenceGraph) -> [[String]] {
    graph.parts.reduce([[]]) { before, part in
      let ways = part.flatMap { way in
        way.reduce([[]]) { (ways: [[String]], word) in
          switch word.kind {
          case .plain: ways.map { $0 + [word.text] }
          case .optional: ways + ways.map { $0 + [word.text] }
          case .null: ways
          }
        }
      }
      return before.flatMap { start in ways.map { start + $0 } }
    }
  }

  @Test func `at unit cost the errors are the fewest of all readings`() throws {
    var checked = 0
    for row in goldenRows("graphs.tsv") {
      let all = readings(try graph(row[0]))
      guard all.count <= 200 else { continue }
      checked += 1
      let fewest = all.map { EditCounts(reference: $0, hypothesis: words(row[1])).errors }.min()
      #expect(try aligned(row[0], row[1]).alignment.counts.errors == fewest, "\(row[0]) | \(row[1])")
    }
    #expect(checked > 1500)
  }

  @Test(arguments: EditCosts.allCases)
  func `a divided table gives the alignment of the whole one`(costs: EditCosts) throws {
    for row in goldenRows("graphs.tsv") {
      let whole = try aligned(row[0], row[1], costs)
      let divided = try aligned(row[0], row[1], costs, largestTable: 1)
      #expect(divided == whole, "\(row[0]) | \(row[1])")
    }
  }
}
