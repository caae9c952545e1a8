/// Aligns sequences of numbers in memory that grows with their lengths alone.
///
/// A table that is too large is computed row by row twice: each cell of the lower half carries the column in
/// which its alignment leaves the middle row. The last cell so tells where the alignment passes, and both parts
/// are aligned by themselves (the forward form of Hirschberg 1975). The part before is the same table; of the
/// part behind, cells on the chosen alignment have what the whole table has less a constant, and others that or
/// more, so a ``TieRule`` chooses the same steps: the alignment is the one that the whole table would give.
struct LinearSpaceAligner {
  let costs: EditCosts
  private var distance = EditDistance()
  private var row: [Int] = []
  private var crossings: [Int32] = []
  /// From the last to the first.
  private var moves: [EditMove] = []
  private let largestTable: Int

  /// - Parameter largestTable: cells of a table that is kept as a whole, a byte each.
  init(costs: EditCosts, largestTable: Int = 1 << 16) {
    self.costs = costs
    self.largestTable = largestTable
  }

  /// - Parameter limit: all tokens are below it.
  /// - Complexity: time twice |r| x errors and |r| |h| / 64, memory |r| + |h|.
  mutating func alignment(_ reference: [UInt32], _ hypothesis: [UInt32], limit: Int) -> Alignment {
    moves.removeAll(keepingCapacity: true)
    reference.withUnsafeBufferPointer { reference in
      hypothesis.withUnsafeBufferPointer { hypothesis in
        // RapidFuzz matches what both begin with. The others prefer matches from the end alone.
        var (prefix, suffix) = commonEnds(reference, hypothesis)
        if costs != .jiwer {
          prefix = 0
          suffix = commonSuffix(reference, hypothesis)
        }
        let r = UnsafeBufferPointer(rebasing: reference[prefix..<reference.count - suffix])
        let h = UnsafeBufferPointer(rebasing: hypothesis[prefix..<hypothesis.count - suffix])
        moves.append(contentsOf: repeatElement(.diagonal, count: suffix))
        align(r, h, limit: limit)
        moves.append(contentsOf: repeatElement(.diagonal, count: prefix))
      }
    }
    return alignment(ofMoves: reference, hypothesis)
  }

  private mutating func align(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, limit: Int
  ) {
    let indels =
      r.count * h.count > 256 ? costs.mostIndels(distance: distance(r, h, limit: limit)) : nil
    let band = EditBand(reference: r.count, hypothesis: h.count, indels: indels)
    let part = Part(rows: 0...r.count, columns: 0...h.count)
    switch costs {
    case .unit: align(r, h, part, band, FewestSubstitutions.self)
    case .sclite: align(r, h, part, band, ScliteTies.self)
    case .jiwer: align(r, h, part, band, RapidFuzzTies.self)
    }
  }

  private func commonSuffix(_ a: UnsafeBufferPointer<UInt32>, _ b: UnsafeBufferPointer<UInt32>) -> Int {
    var count = 0
    while count < min(a.count, b.count) && a[a.count - 1 - count] == b[b.count - 1 - count] { count += 1 }
    return count
  }

  private func alignment(ofMoves reference: [UInt32], _ hypothesis: [UInt32]) -> Alignment {
    var steps: [AlignmentStep] = []
    steps.reserveCapacity(moves.count)
    var (i, j) = (0, 0)
    for move in moves.reversed() {
      switch move {
      case .diagonal:
        let kind: AlignmentStep.Kind = reference[i] == hypothesis[j] ? .match : .substitution
        steps.append(AlignmentStep(kind, reference: i, hypothesis: j))
        (i, j) = (i + 1, j + 1)
      case .insertion:
        steps.append(AlignmentStep(.insertion, reference: nil, hypothesis: j))
        j += 1
      case .deletion:
        steps.append(AlignmentStep(.deletion, reference: i, hypothesis: nil))
        i += 1
      }
    }
    return Alignment(steps: steps)
  }
}

extension LinearSpaceAligner {
  /// A part of the table, from its first cell to its last.
  private struct Part {
    let rows: ClosedRange<Int>
    let columns: ClosedRange<Int>
  }

  /// Appends the moves of a part, the last first.
  private mutating func align<Rule: TieRule>(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, _ part: Part, _ band: EditBand,
    _ rule: Rule.Type
  ) {
    let (rows, columns) = (part.rows.count - 1, part.columns.count - 1)
    let width = min(columns + 1, band.width)
    if rows <= 1 || columns == 0 || rows * width <= largestTable {
      return traceBack(r, h, part, band, width: width, rule)
    }
    let middle = part.rows.lowerBound + rows / 2
    let column = crossing(r, h, part, band, middle: middle, rule)
    align(
      r, h, Part(rows: middle...part.rows.upperBound, columns: column...part.columns.upperBound), band, rule)
    align(
      r, h, Part(rows: part.rows.lowerBound...middle, columns: part.columns.lowerBound...column), band, rule)
  }

  /// The column in which the alignment of a part leaves a row.
  private mutating func crossing<Rule: TieRule>(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, _ part: Part, _ band: EditBand,
    middle: Int, _ rule: Rule.Type
  ) -> Int {
    var crossings: [Int32] = []
    swap(&crossings, &self.crossings)
    defer { swap(&crossings, &self.crossings) }
    if crossings.count <= h.count { crossings = [Int32](repeating: 0, count: h.count + 1) }
    return crossings.withUnsafeMutableBufferPointer { crossings in
      var diagonal = Int32(0)
      Self.sweep(&row, costs, r, h, part, band, rule) { i, j, move in
        if i <= middle {
          crossings[j] = Int32(j)
          return
        }
        let above = crossings[j]
        switch move {
        case .diagonal: crossings[j] = diagonal
        case .insertion: crossings[j] = crossings[j - 1]
        case .deletion: break
        case nil: break  // The first cell of a row: its diagonal is read next.
        }
        diagonal = above
      }
      return Int(crossings[part.columns.upperBound])
    }
  }

  /// Keeps the moves of a small part and follows them back.
  private mutating func traceBack<Rule: TieRule>(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, _ part: Part, _ band: EditBand,
    width: Int, _ rule: Rule.Type
  ) {
    let (firstRow, firstColumn) = (part.rows.lowerBound, part.columns.lowerBound)
    var table = [EditMove](repeating: .insertion, count: part.rows.count * width)
    func place(_ i: Int, _ j: Int) -> Int {
      (i - firstRow) * width + j
        - band.columns(ofRow: i, from: firstColumn, to: part.columns.upperBound).lowerBound
    }
    table.withUnsafeMutableBufferPointer { table in
      Self.sweep(&row, costs, r, h, part, band, rule) { i, j, move in
        if let move { table[place(i, j)] = move }
      }
    }
    var (i, j) = (part.rows.upperBound, part.columns.upperBound)
    while i > firstRow || j > firstColumn {
      let move: EditMove = i == firstRow ? .insertion : j == firstColumn ? .deletion : table[place(i, j)]
      moves.append(move)
      if move != .insertion { i -= 1 }
      if move != .deletion { j -= 1 }
    }
  }

  /// Computes a part row by row, and tells the move into each cell from its left to its right; nil for the cell
  /// left of those that a row has, which is told first.
  @inline(__always)
  private static func sweep<Rule: TieRule>(
    _ row: inout [Int], _ costs: EditCosts, _ r: UnsafeBufferPointer<UInt32>,
    _ h: UnsafeBufferPointer<UInt32>, _ part: Part, _ band: EditBand,
    _ rule: Rule.Type, _ visit: (_ i: Int, _ j: Int, EditMove?) -> Void
  ) {
    let (substitution, indel) = (PackedCost.substitution(costs), PackedCost.indel(costs))
    let (firstRow, firstColumn) = (part.rows.lowerBound, part.columns.lowerBound)
    if row.count <= h.count { row = [Int](repeating: 0, count: h.count + 1) }
    row.withUnsafeMutableBufferPointer { row in
      for j in band.columns(ofRow: firstRow, from: firstColumn, to: part.columns.upperBound) {
        row[j] = (j - firstColumn) * indel
        visit(firstRow, j, j == firstColumn ? nil : .insertion)
      }
      for i in part.rows.dropFirst() {
        let token = r[i - 1]
        let columns = band.columns(ofRow: i, from: firstColumn, to: part.columns.upperBound)
        if i + band.above <= part.columns.upperBound { row[i + band.above] = PackedCost.unreachable }
        var j = columns.lowerBound
        var left = PackedCost.unreachable
        if j > firstColumn {
          visit(i, j - 1, nil)
        } else {
          visit(i, j, nil)
          j += 1
        }
        var diagonal = row[j - 1]
        if j - 1 == firstColumn && columns.lowerBound == firstColumn {
          left = (i - firstRow) * indel
          row[j - 1] = left
        }
        while j <= columns.upperBound {
          let isMatch = token == h[j - 1]
          let up = row[j]
          let (d, insertion, deletion) = (diagonal + (isMatch ? 0 : substitution), left + indel, up + indel)
          let move = Rule.choice(diagonal: d, insertion: insertion, deletion: deletion, isMatch: isMatch)
          switch move {
          case .diagonal: left = d
          case .insertion: left = insertion
          case .deletion: left = deletion
          }
          visit(i, j, move)
          diagonal = up
          row[j] = left
          j += 1
        }
      }
    }
  }
}
