/// Counts the errors of many pairs of sequences of numbers, with memory that is used again.
///
///     d(i, j) = min(d(i-1, j-1) + [r_i != h_j] c_sub, d(i-1, j) + c_indel, d(i, j-1) + c_indel)
///
/// (Wagner and Fischer 1974), row by row, in ``PackedCost``s and so with the substitutions of the alignment that
/// counts. What both begin and end with is left out first: under all ``EditCosts`` that leaves the counts as
/// they are. Longer sequences get their edit distance first (``EditDistance``), and then only the cells that it
/// allows (``EditBand``), many at a time where they are many (``EditDiagonals``).
///
/// - Complexity: time |r| |h| / 64 and |r| x errors, memory |r| + |h|.
struct EditCounter {
  let costs: EditCosts
  private var row: [Int] = []
  private var distance = EditDistance()
  private var diagonals = EditDiagonals()
  private let wideBand: Int

  /// Cells up to which a table is computed as it is.
  private static let smallTable = 256

  /// - Parameter wideBand: columns of a row from which on a table is computed by its diagonals. Narrower ones
  ///   are as fast row by row.
  init(costs: EditCosts, wideBand: Int = 96) {
    self.costs = costs
    self.wideBand = wideBand
  }

  /// - Parameter limit: all tokens are below it.
  mutating func counts(_ reference: [UInt32], _ hypothesis: [UInt32], limit: Int) -> EditCounts {
    precondition(
      reference.count + hypothesis.count < Int32.max / 4,
      "sequences of \(reference.count) and \(hypothesis.count) tokens; 2^29 are possible")
    return reference.withUnsafeBufferPointer { reference in
      hypothesis.withUnsafeBufferPointer { counts(reference, $0, limit: limit) }
    }
  }

  private mutating func counts(
    _ reference: UnsafeBufferPointer<UInt32>, _ hypothesis: UnsafeBufferPointer<UInt32>, limit: Int
  ) -> EditCounts {
    let (prefix, suffix) = commonEnds(reference, hypothesis)
    let r = UnsafeBufferPointer(rebasing: reference[prefix..<reference.count - suffix])
    let h = UnsafeBufferPointer(rebasing: hypothesis[prefix..<hypothesis.count - suffix])
    var counts = EditCounts(deletions: r.count, insertions: h.count, reference: r.count)
    if !r.isEmpty && !h.isEmpty {
      let indels =
        r.count * h.count > Self.smallTable
        ? costs.mostIndels(distance: distance(r, h, limit: limit)) : nil
      let band = EditBand(reference: r.count, hypothesis: h.count, indels: indels)
      let packed =
        switch costs {
        case _ where min(h.count + 1, band.width) >= wideBand: diagonals.last(r, h, band, costs)
        case .unit: last(r, h, band, FewestSubstitutions.self)
        case .sclite: last(r, h, band, ScliteTies.self)
        case .jiwer: last(r, h, band, RapidFuzzTies.self)
        }
      counts = PackedCost.counts(packed, costs, reference: r.count, hypothesis: h.count)
    }
    counts.reference = reference.count
    return counts
  }

  /// The last cell of the table.
  @inline(__always)
  private mutating func last<Rule: TieRule>(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, _ band: EditBand, _ rule: Rule.Type
  ) -> Int {
    let (substitution, indel) = (PackedCost.substitution(costs), PackedCost.indel(costs))
    if row.count <= h.count { row = [Int](repeating: 0, count: 2 * h.count + 1) }
    return row.withUnsafeMutableBufferPointer { row in
      for j in 0...min(h.count, band.above) { row[j] = j * indel }
      for i in 1...r.count {
        let token = r[i - 1]
        let columns = band.columns(ofRow: i, from: 0, to: h.count)
        // The row above ends one column earlier, unless the table does.
        if i + band.above <= h.count { row[i + band.above] = PackedCost.unreachable }
        var j = columns.lowerBound
        var diagonal = row[max(0, j - 1)]
        var left = PackedCost.unreachable
        if j == 0 {
          left = i * indel
          row[0] = left
          j = 1
        }
        while j <= columns.upperBound {
          let isMatch = token == h[j - 1]
          let up = row[j]
          let (d, insertion, deletion) = (diagonal + (isMatch ? 0 : substitution), left + indel, up + indel)
          switch Rule.choice(diagonal: d, insertion: insertion, deletion: deletion, isMatch: isMatch) {
          case .diagonal: left = d
          case .insertion: left = insertion
          case .deletion: left = deletion
          }
          diagonal = up
          row[j] = left
          j += 1
        }
      }
      return row[h.count]
    }
  }
}

/// How many tokens two sequences begin with alike, and how many of the rest they end with.
func commonEnds(_ a: UnsafeBufferPointer<UInt32>, _ b: UnsafeBufferPointer<UInt32>) -> (
  prefix: Int, suffix: Int
) {
  let shorter = min(a.count, b.count)
  var prefix = 0
  while prefix < shorter && a[prefix] == b[prefix] { prefix += 1 }
  var suffix = 0
  while suffix < shorter - prefix && a[a.count - 1 - suffix] == b[b.count - 1 - suffix] { suffix += 1 }
  return (prefix, suffix)
}
