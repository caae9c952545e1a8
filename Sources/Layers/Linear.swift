public import Tensors

/// y = activation(x W^T + b) + residual.
public final class Linear: Sendable {
  let weights: PackedMatrix
  let bias: Vector?

  /// - Parameters:
  ///   - weights: packed (outputs, inputs).
  ///   - bias: (outputs), or nil for none.
  public init(weights: PackedMatrix, bias: Vector?) {
    if let bias {
      precondition(bias.count == weights.outputs, "\(bias.count) biases for \(weights.outputs) outputs")
    }
    self.weights = weights
    self.bias = bias
  }

  public var inputs: Int { weights.inputs }
  public var outputs: Int { weights.outputs }

  /// (N, inputs) to (N, outputs). `residual` is shaped like `y` and may be `y` itself.
  public func forward(
    _ x: Matrix, into y: Matrix, activation: Activation = .identity, residual: Matrix? = nil,
    on compute: Compute
  ) {
    compute.multiply(
      x, by: weights, into: y, Epilogue(bias: bias, activation: activation, residual: residual))
  }
}
