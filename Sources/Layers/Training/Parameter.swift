public import Tensors

/// A trainable matrix, or a vector as its one row, and the gradient of the loss with respect to it.
///
/// Backward passes add to ``gradient``. Rows are readable to a multiple of 16, with zeros behind the last
/// column.
public struct Parameter: Sendable {
  public let value: Matrix
  public let gradient: Matrix

  public init(value: Matrix, gradient: Matrix) {
    precondition(
      value.rows == gradient.rows && value.columns == gradient.columns,
      "a gradient of \(gradient.rows) x \(gradient.columns) for \(value.rows) x \(value.columns)")
    self.value = value
    self.gradient = gradient
  }
}
