import CKernels
import Tensors

/// The last cell of a large table, computed diagonal by diagonal, whose cells do not depend on one another.
///
/// Cell (row i, column j) lies on diagonal i + j, and is kept at place j + 1, so that there is a place on either
/// side of the columns; what lies beside the band is unreachable. The band's columns move by at most one from a
/// diagonal to the next.
struct EditDiagonals {
  private let kernels: ck_kernels
  /// Three diagonals, one behind the other, and the reference from its end to its beginning.
  private var cells: [Int64] = []
  private var reversed: [UInt32] = []

  init(level: KernelLevel = .best) { kernels = level.kernels }

  /// - Complexity: time is the cells of the band, memory |r| + |h|.
  mutating func last(
    _ r: UnsafeBufferPointer<UInt32>, _ h: UnsafeBufferPointer<UInt32>, _ band: EditBand, _ costs: EditCosts
  ) -> Int {
    let width = h.count + 3
    if cells.count < 3 * width { cells = [Int64](repeating: 0, count: 3 * width) }
    reversed.removeAll(keepingCapacity: true)
    reversed.append(contentsOf: r.reversed())
    let (kernels, ties) = (self.kernels, costs.ties)
    let (substitution, indel) = (Int64(PackedCost.substitution(costs)), Int64(PackedCost.indel(costs)))
    let unreachable = Int64(PackedCost.unreachable)
    // Taken out of self, so that both can be used at once.
    var (cells, reversed) = ([Int64](), [UInt32]())
    swap(&cells, &self.cells)
    swap(&reversed, &self.reversed)
    defer {
      swap(&cells, &self.cells)
      swap(&reversed, &self.reversed)
    }
    return cells.withUnsafeMutableBufferPointer { cells in
      reversed.withUnsafeBufferPointer { reversed in
        func row(_ diagonal: Int) -> UnsafeMutablePointer<Int64> {
          cells.baseAddress! + (diagonal + 3) % 3 * width
        }
        for place in 0..<3 * width { cells[place] = unreachable }
        row(0)[1] = 0
        for diagonal in 1...r.count + h.count {
          let (before, last, next) = (row(diagonal - 2), row(diagonal - 1), row(diagonal))
          // Of the band: -below <= j - i <= above, of the table: 0 <= i <= |r|, 0 <= j <= |h|.
          let first = max(0, diagonal - r.count, (diagonal - band.below + 1) >> 1)
          let end = min(h.count, diagonal, (diagonal + band.above) >> 1) + 1
          // Inside: neither row 0 nor column 0.
          let (inner, innerEnd) = (max(first, 1), min(end, diagonal))
          if inner < innerEnd {
            kernels.edit_diagonal(
              next + inner + 1, before + inner, last + inner,
              reversed.baseAddress! + r.count - diagonal + inner,
              h.baseAddress! + inner - 1, substitution, indel, ties,
              innerEnd - inner)
          }
          if first == 0 { next[1] = Int64(diagonal) * indel }
          if end == diagonal + 1 { next[diagonal + 1] = Int64(diagonal) * indel }
          next[first] = unreachable
          next[end + 1] = unreachable
        }
        return Int(row(r.count + h.count)[h.count + 1])
      }
    }
  }
}

extension EditCosts {
  fileprivate var ties: ck_edit_ties {
    switch self {
    case .unit: CK_EDIT_SMALLEST
    case .sclite: CK_EDIT_DIAGONAL_FIRST
    case .jiwer: CK_EDIT_DELETION_FIRST
    }
  }
}
