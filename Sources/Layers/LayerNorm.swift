import CKernels
public import Tensors

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias over each row (Ba, Kiros and Hinton 2016),
/// variance of the population.
public final class LayerNorm: Sendable {
  let weight: Vector
  let bias: Vector
  let epsilon: Float

  public init(weight: Vector, bias: Vector, epsilon: Float) {
    precondition(weight.count == bias.count, "\(weight.count) weights and \(bias.count) biases")
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// (N, columns) to the same, `activation` applied after. `y` may be `x`.
  public func forward(_ x: Matrix, into y: Matrix, activation: Activation = .identity, on compute: Compute) {
    precondition(x.columns == weight.count, "\(x.columns) columns under a norm of \(weight.count)")
    precondition(y.rows == x.rows && y.columns == x.columns, "a norm does not change the shape")
    let kernels = compute.kernels
    let rowsPerTask = 16
    compute.run(tasks: (x.rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      let first = task * rowsPerTask
      kernels.layer_norm(
        y.row(first), y.stride, x.row(first), x.stride, weight.pointer, bias.pointer, epsilon, x.columns,
        min(rowsPerTask, x.rows - first), activation.code)
    }
  }
}
