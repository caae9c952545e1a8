/// The edit distance of two sequences of numbers, 64 rows of the table at a time.
///
/// A column of the table is kept as the differences of neighbouring cells, each of which is -1, 0 or 1, in the
/// bits of two words (Myers 1999, "A fast bit-vector algorithm for approximate string matching"; in the form
/// for whole sequences of Hyyrö 2003). Blocks of 64 rows are done one after the other, each for all columns,
/// so that only the differences along the last row of a block are kept.
struct EditDistance {
  /// By token: its places in the block. All zero between calls.
  private var places: [UInt64] = []
  /// By column, of the row above the block: D(i, j) - D(i, j - 1) + 1.
  private var steps: [UInt8] = []

  /// - Parameter limit: all tokens are below it.
  /// - Complexity: time |r| |h| / 64, memory |h| + `limit`.
  mutating func callAsFunction(
    _ reference: UnsafeBufferPointer<UInt32>, _ hypothesis: UnsafeBufferPointer<UInt32>, limit: Int
  ) -> Int {
    if places.count < limit { places = [UInt64](repeating: 0, count: max(limit, 2 * places.count)) }
    if steps.count < hypothesis.count { steps = [UInt8](repeating: 0, count: 2 * hypothesis.count) }
    // Taken out of self for the time, so that both can be written at once.
    var (places, steps) = ([UInt64](), [UInt8]())
    swap(&places, &self.places)
    swap(&steps, &self.steps)
    defer {
      swap(&places, &self.places)
      swap(&steps, &self.steps)
    }
    return places.withUnsafeMutableBufferPointer { places in
      steps.withUnsafeMutableBufferPointer { steps in
        for column in 0..<hypothesis.count { steps[column] = 2 }
        for first in stride(from: 0, to: reference.count, by: 64) {
          let rows = min(64, reference.count - first)
          for row in 0..<rows { places[Int(reference[first + row])] |= 1 << UInt64(row) }
          Self.block(rows: rows, hypothesis, places: places, steps: steps)
          for row in 0..<rows { places[Int(reference[first + row])] = 0 }
        }
        return (0..<hypothesis.count).reduce(reference.count) { $0 + Int(steps[$1]) - 1 }
      }
    }
  }

  private static func block(
    rows: Int, _ hypothesis: UnsafeBufferPointer<UInt32>, places: UnsafeMutableBufferPointer<UInt64>,
    steps: UnsafeMutableBufferPointer<UInt8>
  ) {
    // Bits of cells that are one more, and one less, than the cell above them.
    var (more, less) = (~UInt64(0), UInt64(0))
    let last = UInt64(rows - 1)
    for column in 0..<hypothesis.count {
      let step = steps[column]
      let (rises, falls) = (UInt64(step >> 1), UInt64(step == 0 ? 1 : 0))
      var equal = places[Int(hypothesis[column])]
      let vertical = equal | less
      equal |= falls
      let horizontal = (((equal & more) &+ more) ^ more) | equal
      var up = less | ~(horizontal | more)
      var down = more & horizontal
      steps[column] = UInt8(truncatingIfNeeded: 1 &+ ((up >> last) & 1) &- ((down >> last) & 1))
      up = up << 1 | rises
      down = down << 1 | falls
      more = down | ~(vertical | up)
      less = up & vertical
    }
  }
}
