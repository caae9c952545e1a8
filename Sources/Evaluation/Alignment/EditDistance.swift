/// The edit distance of two sequences of numbers, 64 rows of the table at a time.
///
/// A column of the table is kept as the differences of neighbouring cells, each of which is -1, 0 or 1, in the
/// bits of two words (Myers 1999, "A fast bit-vector algorithm for approximate string matching"; in the form
/// for whole sequences of Hyyrö 2003). Blocks of 64 rows are done one after the other, each for all its columns,
/// so that only the differences along the last row of a block are kept.
///
/// Of long sequences only the ``EditBand`` of a distance is computed, as if cells beside it grew by 1 from the
/// last known one. What comes out is never too small, and right if it is no more than that distance; if it is
/// more, twice that distance is tried (Ukkonen 1985).
struct EditDistance {
  /// By token: its places in the block. All zero between calls.
  private var places: [UInt64] = []
  /// By column, of the row above the block: D(i, j) - D(i, j - 1) + 1.
  private var steps: [UInt8] = []
  private let longestWhole: Int

  /// - Parameter longestWhole: rows up to which the whole table is computed.
  init(longestWhole: Int = 512) { self.longestWhole = longestWhole }

  /// - Parameter limit: all tokens are below it.
  /// - Complexity: time |r| |h| / 64, or |r| x distance / 16 if that is less; memory |h| + `limit`.
  mutating func callAsFunction(
    _ reference: UnsafeBufferPointer<UInt32>, _ hypothesis: UnsafeBufferPointer<UInt32>, limit: Int
  ) -> Int {
    if places.count < limit { places = [UInt64](repeating: 0, count: max(limit, 2 * places.count)) }
    if steps.count < hypothesis.count { steps = [UInt8](repeating: 0, count: 2 * hypothesis.count) }
    let most = reference.count + hypothesis.count
    var guess =
      reference.count <= longestWhole
      ? most : max(1, abs(reference.count - hypothesis.count), reference.count / 32)
    while true {
      let distance = distance(reference, hypothesis, within: min(guess, most))
      if distance <= guess { return distance }
      guess *= 2
    }
  }

  private mutating func distance(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, within guess: Int
  ) -> Int {
    let band = EditBand(reference: r.count, hypothesis: h.count, indels: guess)
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
        for column in 0..<h.count { steps[column] = 2 }
        // The cell left of a block's first column, in the row above it and then in its last.
        var (start, cell) = (0, 0)
        for first in stride(from: 0, to: r.count, by: 64) {
          let rows = min(64, r.count - first)
          let columns = max(0, first - band.below)..<min(h.count, first + rows + band.above)
          for column in start..<columns.lowerBound { cell += Int(steps[column]) - 1 }
          (start, cell) = (columns.lowerBound, cell + rows)
          for row in 0..<rows { places[Int(r[first + row])] |= 1 << UInt64(row) }
          Self.block(rows: rows, h, columns, places: places, steps: steps)
          for row in 0..<rows { places[Int(r[first + row])] = 0 }
        }
        return (start..<h.count).reduce(cell) { $0 + Int(steps[$1]) - 1 }
      }
    }
  }

  @inline(__always)
  private static func block(
    rows: Int, _ hypothesis: UnsafeBufferPointer<UInt32>, _ columns: Range<Int>,
    places: UnsafeMutableBufferPointer<UInt64>, steps: UnsafeMutableBufferPointer<UInt8>
  ) {
    // Bits of cells that are one more, and one less, than the cell above them.
    var (more, less) = (~UInt64(0), UInt64(0))
    let last = UInt64(rows - 1)
    for column in columns {
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
