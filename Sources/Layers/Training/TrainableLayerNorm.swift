import CKernels
public import Tensors

/// A layer norm, y = (x - mean) / sqrt(variance + epsilon) * weight + bias over each row (Ba, Kiros and
/// Hinton 2016), and its gradients.
public struct TrainableLayerNorm: Sendable {
  /// (1, columns).
  public let weight: Parameter
  /// (1, columns).
  public let bias: Parameter
  public let epsilon: Float

  public init(weight: Parameter, bias: Parameter, epsilon: Float) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  private static let rowsPerTask = 16

  /// (N, columns) to the same; `y` may be `x`.
  public func forward(_ x: Matrix, into y: Matrix, on compute: Compute) {
    precondition(x.columns == weight.value.columns && y.columns == x.columns && y.rows == x.rows)
    let kernels = compute.kernels
    compute.run(tasks: (x.rows + Self.rowsPerTask - 1) / Self.rowsPerTask) { task, _ in
      let first = task * Self.rowsPerTask
      kernels.layer_norm(
        y.row(first), y.stride, x.row(first), x.stride, weight.value.pointer, bias.value.pointer, epsilon,
        x.columns, min(Self.rowsPerTask, x.rows - first), CK_IDENTITY)
    }
  }

  /// Adds to the gradients of weight and bias, and overwrites `dx` with residual + the gradient of the input.
  ///
  /// The statistics are computed again from the input: one pass over it costs less than to keep two floats a
  /// row in order.
  /// - Parameters:
  ///   - dx: nil where nobody wants it; may be `dy` or `residual`.
  public func backward(
    _ dy: Matrix, input x: Matrix, into dx: Matrix?, residual: Matrix? = nil, workspace: Workspace,
    on compute: Compute
  ) {
    let kernels = compute.kernels
    // Rows of a block are added in order, then blocks in order: the same sums on any number of threads.
    let rowsPerBlock = 64
    let blocks = (x.rows + rowsPerBlock - 1) / rowsPerBlock
    workspace.scope {
      let sums = workspace.matrix(rows: 2 * blocks, columns: x.columns)
      compute.run(tasks: blocks) { block, _ in
        let first = block * rowsPerBlock
        let (dweight, dbias) = (sums.row(block), sums.row(blocks + block))
        dweight.update(repeating: 0, count: x.columns)
        dbias.update(repeating: 0, count: x.columns)
        kernels.layer_norm_backward(
          dx?.row(first), dx?.stride ?? 0, x.row(first), x.stride, dy.row(first), dy.stride,
          residual?.row(first), residual?.stride ?? 0, weight.value.pointer, dweight, dbias, epsilon,
          x.columns,
          min(rowsPerBlock, x.rows - first))
      }
      compute.accumulate(rowsOf: sums.rows(0..<blocks), into: weight.gradient)
      compute.accumulate(rowsOf: sums.rows(blocks..<2 * blocks), into: bias.gradient)
    }
  }
}
