/// A (rows, columns) matrix that owns its memory, rows without gaps. Contents start undefined.
///
/// The matrix must not be used once the buffer is gone: hold on to the buffer.
public final class MatrixBuffer: @unchecked Sendable {
  public let matrix: Matrix
  private let buffer: AlignedBuffer

  public init(rows: Int, columns: Int) {
    // Kernels read whole vectors.
    buffer = AlignedBuffer(count: rows * columns + 16)
    matrix = Matrix(buffer.pointer, rows: rows, columns: columns, stride: columns)
  }

  /// - Parameter elements: row-major.
  public convenience init(_ elements: [Float], columns: Int) {
    precondition(
      columns > 0 && elements.count % columns == 0, "\(elements.count) elements in \(columns) columns")
    self.init(rows: elements.count / columns, columns: columns)
    for (index, element) in elements.enumerated() { matrix.pointer[index] = element }
  }
}
