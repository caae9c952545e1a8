import CKernels
public import Tensors

/// A convolution over time without padding, channel-last (``Convolution``), and its gradients:
///
///     y[t] = b + sum over k of W[k] x[stride t + k]
///     dx[stride t + k] += W[k]^T dy[t],   dW[k] += sum over t of dy[t] x[stride t + k]^T
public struct TrainableConvolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let kernel: Int
  public let stride: Int
  /// (outputs, inputs x kernel), taps of an input side by side, as PyTorch stores them.
  public let weight: Parameter
  /// (1, outputs).
  public let bias: Parameter?

  public init(inputs: Int, kernel: Int, stride: Int, weight: Parameter, bias: Parameter?) {
    precondition(weight.value.columns == inputs * kernel, "\(weight.value.columns) weights an output")
    self.inputs = inputs
    outputs = weight.value.rows
    self.kernel = kernel
    self.stride = stride
    self.weight = weight
    self.bias = bias
  }

  /// Frames that come out for `frames` that go in; 0 if there are too few for one window.
  public func outputFrames(for frames: Int) -> Int { frames < kernel ? 0 : (frames - kernel) / stride + 1 }

  /// W[tap], (outputs, inputs), copied out of the interleaved weights.
  private func tap(_ tap: Int, of weights: Matrix, into matrix: Matrix, on compute: Compute) {
    compute.run(tasks: outputs) { output, _ in
      let (from, to) = (weights.row(output), matrix.row(output))
      for input in 0..<inputs { to[input] = from[input * kernel + tap] }
      for input in inputs..<matrix.stride { to[input] = 0 }
    }
  }

  /// The frames that tap `tap` of the outputs sees.
  private func frames(_ x: Matrix, at tap: Int, count: Int) -> Matrix {
    Matrix(x.row(tap), rows: count, columns: x.columns, stride: stride * x.stride)
  }

  /// One utterance, (frames, inputs) to (frames', outputs).
  public func forward(_ x: Matrix, into y: Matrix, workspace: Workspace, on compute: Compute) {
    precondition(x.columns == inputs && y.columns == outputs && y.rows == outputFrames(for: x.rows))
    guard y.rows > 0 else { return }
    workspace.scope {
      let matrix = workspace.matrix(rows: outputs, columns: inputs)
      for tap in 0..<kernel {
        self.tap(tap, of: weight.value, into: matrix, on: compute)
        compute.multiply(
          frames(x, at: tap, count: y.rows), byTransposeOf: matrix, into: y,
          bias: tap == 0 ? bias?.value : nil,
          residual: tap == 0 ? nil : y)
      }
    }
  }

  /// One utterance. Adds to the gradients of weights and bias, and overwrites `dx`, (frames, inputs).
  public func backward(
    _ dy: Matrix, input x: Matrix, into dx: Matrix, workspace: Workspace, on compute: Compute
  ) {
    for frame in 0..<dx.rows { dx.row(frame).update(repeating: 0, count: inputs) }
    guard dy.rows > 0 else { return }
    if let bias { compute.accumulate(rowsOf: dy, into: bias.gradient) }
    workspace.scope {
      let matrix = workspace.matrix(rows: outputs, columns: inputs)
      for tap in 0..<kernel {
        self.tap(tap, of: weight.value, into: matrix, on: compute)
        let reached = frames(dx, at: tap, count: dy.rows)
        compute.multiply([(dy, matrix)], into: reached, residual: reached)
        for output in 0..<outputs { matrix.row(output).update(repeating: 0, count: inputs) }
        compute.accumulate(transposeOf: dy, times: frames(x, at: tap, count: dy.rows), into: matrix)
        for output in 0..<outputs {
          let (from, to) = (matrix.row(output), weight.gradient.row(output))
          for input in 0..<inputs { to[input * kernel + tap] += from[input] }
        }
      }
    }
  }
}
