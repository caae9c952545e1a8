public import Tensors

/// y = activation(x W^T + b) + residual, and its gradients.
public struct TrainableLinear: Sendable {
  /// (outputs, inputs).
  public let weight: Parameter
  /// (1, outputs).
  public let bias: Parameter

  public init(weight: Parameter, bias: Parameter) {
    precondition(
      bias.value.columns == weight.value.rows,
      "\(bias.value.columns) biases for \(weight.value.rows) outputs")
    self.weight = weight
    self.bias = bias
  }

  public var inputs: Int { weight.value.columns }
  public var outputs: Int { weight.value.rows }

  /// (N, inputs) to (N, outputs). `residual` is shaped like `y` and may be `y` itself.
  public func forward(
    _ x: Matrix, into y: Matrix, activation: Activation = .identity, residual: Matrix? = nil,
    on compute: Compute
  ) {
    compute.multiply(
      x, byTransposeOf: weight.value, into: y, bias: bias.value, activation: activation, residual: residual)
  }

  /// dx = residual + dy W, overwritten; (N, outputs) to (N, inputs). The activation's share of the gradient
  /// is the caller's.
  public func backward(_ dy: Matrix, into dx: Matrix, residual: Matrix? = nil, on compute: Compute) {
    compute.multiply([(dy, weight.value)], into: dx, residual: residual)
  }

  /// dW += dy^T x and db += the sum of dy's rows. Of the forward pass it takes the input, (N, inputs).
  public func accumulateGradients(_ dy: Matrix, input x: Matrix, on compute: Compute) {
    compute.accumulate(transposeOf: dy, times: x, into: weight.gradient)
    compute.accumulate(rowsOf: dy, into: bias.gradient)
  }
}
