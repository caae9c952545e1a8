/// Aligns a hypothesis with the reading of a ``ReferenceGraph`` that it fits best.
///
/// Each word w of each way to say a part has a row of cells, column j for the first j words of the hypothesis:
///
///     d(w, j) = min(p(w, j-1) + [w != h_j] c_sub, p(w, j) + c_del(w), d(w, j-1) + c_ins)
///
/// where p is the row of the word before, or the smallest of the last rows of the part before. Leaving out an
/// optional word costs 0 at unit cost and 2 with sclite (between 0 and the 3 of a deletion), a null 0, with
/// sclite 0.001. sclite adds in single precision, and so does this for it, because sums that should be equal then
/// differ. Ties go as in ``EditCosts``, jiwer's as those of unit cost; of ways the first is taken. Of alternatives
/// within alternatives sclite may take another that is as cheap, because it does not write them out.
///
/// - Complexity: time is words of all ways times |h|; memory grows with both apart from a limit on: see
///   ``LinearSpaceAligner``, which this follows with parts for rows.
struct GraphAligner {
  /// A way's words among all.
  private struct Way {
    let words: Range<Int>
  }

  private let words: [ReferenceGraph.Word]
  private let numbers: [UInt32]
  private let parts: [[Way]]
  private let hypothesis: [UInt32]
  private let isSclite: Bool
  private let largestTable: Int
  /// From the last to the first: a word of the reference, or of the hypothesis, or both.
  private var steps: [(word: Int?, column: Int?)] = []

  init(
    _ graph: ReferenceGraph, hypothesis: [String], costs: EditCosts, largestTable: Int = 1 << 22
  ) {
    var table = TokenNumbers<String>()
    var words: [ReferenceGraph.Word] = []
    parts = graph.parts.map { part in
      part.map { way in
        words += way
        return Way(words: words.count - way.count..<words.count)
      }
    }
    self.words = words
    numbers = words.map { table.number(of: $0.text) }
    self.hypothesis = table.numbers(of: hypothesis)
    isSclite = costs == .sclite
    self.largestTable = largestTable
  }

  /// The reading that was taken and its alignment. Omissions count as words of the reference, as sclite has it.
  mutating func alignment() -> (reference: [ReferenceGraph.Word], Alignment) {
    steps.removeAll()
    align(0..<parts.count, 0...hypothesis.count, from: 0)
    var reference: [ReferenceGraph.Word] = []
    var result: [AlignmentStep] = []
    for step in steps.reversed() {
      let place = reference.count
      if let word = step.word {
        if words[word].kind == .null { continue }
        reference.append(words[word])
      }
      let kind: AlignmentStep.Kind =
        switch (step.word, step.column) {
        case (let word?, let column?): numbers[word] == hypothesis[column] ? .match : .substitution
        case (let word?, nil): words[word].kind == .optional ? .omission : .deletion
        default: .insertion
        }
      result.append(
        AlignmentStep(kind, reference: step.word == nil ? nil : place, hypothesis: step.column))
    }
    return (reference, Alignment(steps: result))
  }

  /// - Parameter cost: of what is before the first cell.
  private mutating func align(_ range: Range<Int>, _ columns: ClosedRange<Int>, from cost: Double) {
    let rows = range.reduce(0) { $0 + parts[$1].reduce(0) { $0 + $1.words.count } }
    if range.count < 2 || rows * columns.count <= largestTable {
      return traceBack(range, columns, from: cost)
    }
    let middle = range.lowerBound + range.count / 2
    var crossings: [Int] = []
    var costs: [Double] = []
    let first = columns.lowerBound
    sweep(range, columns, from: cost) { event in
      switch event {
      case .row(_, let part, let before, let moves):
        guard part >= middle else { return [] }
        var row = [Int](repeating: 0, count: columns.count)
        for j in row.indices {
          row[j] =
            switch moves[j] {
            case .diagonal: before[j - 1]
            case .insertion: row[j - 1]
            case .deletion: before[j]
            }
        }
        return row
      case .part(let part, let rows, let winners, let row):
        if part + 1 < middle { return [] }
        if part + 1 == middle { costs = row }
        crossings = part + 1 == middle ? Array(columns) : winners.indices.map { rows[Int(winners[$0])][$0] }
        return crossings
      }
    }
    let column = crossings[columns.upperBound - first]
    align(middle..<range.upperBound, column...columns.upperBound, from: costs[column - first])
    align(range.lowerBound..<middle, first...column, from: cost)
  }

  private mutating func traceBack(
    _ range: Range<Int>, _ columns: ClosedRange<Int>, from cost: Double
  ) {
    var moves: [Int: [EditMove]] = [:]
    var winners: [[UInt16]] = []
    sweep(range, columns, from: cost) { event in
      switch event {
      case .row(let word, _, _, let row): moves[word] = row
      case .part(_, _, let row, _): winners.append(row)
      }
      return []
    }
    var column = columns.upperBound
    for part in range.reversed() {
      let way = parts[part][Int(winners[part - range.lowerBound][column - columns.lowerBound])]
      var word = way.words.upperBound - 1
      while word >= way.words.lowerBound {
        let move = moves[word]![column - columns.lowerBound]
        if move != .deletion { column -= 1 }
        steps.append((move == .insertion ? nil : word, move == .deletion ? nil : column))
        if move != .insertion { word -= 1 }
      }
    }
    while column > columns.lowerBound {
      column -= 1
      steps.append((nil, column))
    }
  }
}

extension GraphAligner {
  private enum Event {
    /// The moves into a word's row, and what was returned for the row before it.
    case row(word: Int, part: Int, before: [Int], moves: [EditMove])
    /// A part's end: what was returned for the last row of each way, and the way and the cost of each column.
    case part(Int, rows: [[Int]], winners: [UInt16], costs: [Double])
  }

  /// Computes rows in their order; `visit` may give each a row of its own, which the next one is told.
  private func sweep(
    _ range: Range<Int>, _ columns: ClosedRange<Int>, from cost: Double, _ visit: (Event) -> [Int]
  ) {
    let insertion = isSclite ? 3.0 : 1.0
    var start = [cost]
    for _ in columns.dropFirst() { start.append(sum(start.last!, insertion)) }
    var marks: [Int] = []
    for part in range {
      var ends: [[Double]] = []
      var endMarks: [[Int]] = []
      for way in parts[part] {
        var (before, beforeMarks) = (start, marks)
        for word in way.words {
          let (row, moves) = row(of: word, behind: before, firstColumn: columns.lowerBound, insertion)
          beforeMarks = visit(.row(word: word, part: part, before: beforeMarks, moves: moves))
          before = row
        }
        ends.append(before)
        endMarks.append(beforeMarks)
      }
      var winners = [UInt16](repeating: 0, count: columns.count)
      start = ends[0]
      for way in ends.indices.dropFirst() {
        for j in start.indices where ends[way][j] < start[j] {
          start[j] = ends[way][j]
          winners[j] = UInt16(way)
        }
      }
      marks = visit(.part(part, rows: endMarks, winners: winners, costs: start))
    }
  }

  private func row(
    of word: Int, behind before: [Double], firstColumn: Int, _ insertion: Double
  ) -> (row: [Double], moves: [EditMove]) {
    let deletion: Double
    // A substitution at unit cost is dearer by what no number of them makes a whole.
    var substitution = isSclite ? 4.0 : 1 + 0x1p-26
    switch words[word].kind {
    case .plain: deletion = isSclite ? 3 : 1
    case .optional: deletion = isSclite ? 2 : 0
    case .null:
      deletion = isSclite ? 0.001 : 0
      substitution = .infinity
    }
    var row = [sum(before[0], deletion)]
    row.reserveCapacity(before.count)
    var moves = [EditMove](repeating: .deletion, count: before.count)
    for j in 1..<max(1, before.count) {
      let isMatch = numbers[word] == hypothesis[firstColumn + j - 1] && substitution.isFinite
      let diagonal = sum(before[j - 1], isMatch ? 0 : substitution)
      let deleted = sum(before[j], deletion)
      let inserted = sum(row[j - 1], insertion)
      if diagonal <= deleted && diagonal <= inserted {
        moves[j] = .diagonal
        row.append(diagonal)
      } else if deleted < inserted {
        row.append(deleted)
      } else {
        moves[j] = .insertion
        row.append(inserted)
      }
    }
    return (row, moves)
  }

  private func sum(_ a: Double, _ b: Double) -> Double { isSclite ? Double(Float(a + b)) : a + b }
}
