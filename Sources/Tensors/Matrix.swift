/// A view of (rows, columns) floats, row-major, `stride` floats from row to row. It does not own its memory.
///
/// Rows may overlap (`stride < columns`) when the view is only read.
public struct Matrix: @unchecked Sendable {
  public let pointer: UnsafeMutablePointer<Float>
  public let rows: Int
  public let columns: Int
  public let stride: Int

  public init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
    precondition(
      rows >= 0 && columns >= 0 && stride >= 0, "a matrix of \(rows) x \(columns), stride \(stride)")
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// The start of a row.
  public func row(_ index: Int) -> UnsafeMutablePointer<Float> { pointer + index * stride }

  /// The rows in `range`, the same memory.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(row(range.lowerBound), rows: range.count, columns: columns, stride: stride)
  }

  /// The columns in `range`, the same memory.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return Matrix(pointer + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// A copy of the elements, (rows, columns) without gaps.
  public func elements() -> [Float] {
    [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
      for r in 0..<rows {
        for c in 0..<columns { buffer.initializeElement(at: r * columns + c, to: row(r)[c]) }
      }
      count = rows * columns
    }
  }
}

extension Matrix {
  /// The distance between rows of `columns` floats that keeps neighbouring rows out of each other's cache
  /// sets: whole cache lines, and an odd number of them. With rows a multiple of 4096 bytes apart, which the
  /// usual widths give, the eight rows of a tile would compete for one set, at two thirds of the speed.
  public static func paddedStride(columns: Int) -> Int {
    let lines = (columns + 15) / 16
    return (lines | 1) * 16
  }
}
