public import Tensors

/// A convolution over time without padding, channel-last (``Convolution``), and its gradients:
///
///     y[t] = b + sum over k of W[k] x[stride t + k]
///     dx[stride j + p] = sum over m of W[p + stride m]^T dy[j - m],   dW[k] += sum over t of dy[t] x[stride
///     t + k]^T
///
/// Input frames of one phase p, the remainder of their number by the stride, share their taps, so that a
/// frame's gradient is one sum. The taps lie interleaved in the weights, as PyTorch stores them: each is
/// copied out once a step (``prepare(on:)``), and its gradient is gathered apart and copied back
/// (``finishGradients(on:)``).
public final class TrainableConvolution: @unchecked Sendable {
  public let inputs: Int
  public let outputs: Int
  public let kernel: Int
  public let stride: Int
  /// (outputs, inputs x kernel), taps of an input side by side.
  public let weight: Parameter
  /// (1, outputs).
  public let bias: Parameter?
  /// W[k] and dW[k], (outputs, inputs) each; empty where the weights of one input are their own taps.
  private let taps: AlignedBuffer
  private let tapGradients: AlignedBuffer
  private let tapStride: Int

  public init(inputs: Int, kernel: Int, stride: Int, weight: Parameter, bias: Parameter?) {
    precondition(weight.value.columns == inputs * kernel, "\(weight.value.columns) weights an output")
    self.inputs = inputs
    outputs = weight.value.rows
    self.kernel = kernel
    self.stride = stride
    self.weight = weight
    self.bias = bias
    tapStride = Matrix.paddedStride(columns: inputs)
    let count = inputs == 1 ? 0 : kernel * outputs * tapStride + 16
    taps = AlignedBuffer(count: count)
    tapGradients = AlignedBuffer(count: count)
    for buffer in [taps, tapGradients] { buffer.pointer.update(repeating: 0, count: count) }
  }

  /// Frames that come out for `frames` that go in; 0 if there are too few for one window.
  public func outputFrames(for frames: Int) -> Int { frames < kernel ? 0 : (frames - kernel) / stride + 1 }

  private func tap(_ tap: Int, of buffer: AlignedBuffer) -> Matrix {
    Matrix(buffer.pointer + tap * outputs * tapStride, rows: outputs, columns: inputs, stride: tapStride)
  }

  /// The frames that tap `tap` of the outputs sees.
  private func frames(_ x: Matrix, at tap: Int, count: Int) -> Matrix {
    Matrix(x.row(tap), rows: count, columns: x.columns, stride: stride * x.stride)
  }

  /// The windows of a waveform, (frames', kernel), which overlap.
  private func windows(_ x: Matrix, count: Int) -> Matrix {
    precondition(x.stride == 1, "a waveform whose samples are \(x.stride) floats apart")
    return Matrix(x.pointer, rows: count, columns: kernel, stride: stride)
  }

  // MARK: Weights

  /// Copies the taps out of the parameters as they are now. Before the first forward pass, and after each
  /// change of the parameters.
  public func prepare(on compute: Compute) {
    if inputs == 1 { return }
    compute.run(tasks: outputs) { output, _ in
      let from = weight.value.row(output)
      for tap in 0..<kernel {
        let to = self.tap(tap, of: taps).row(output)
        for input in 0..<inputs { to[input] = from[input * kernel + tap] }
      }
    }
  }

  /// Adds what ``backward(_:input:into:on:)`` has gathered since the last time to the gradient of the
  /// weights.
  public func finishGradients(on compute: Compute) {
    if inputs == 1 { return }
    compute.run(tasks: outputs) { output, _ in
      let to = weight.gradient.row(output)
      for tap in 0..<kernel {
        let from = self.tap(tap, of: tapGradients).row(output)
        for input in 0..<inputs { to[input * kernel + tap] += from[input] }
        from.update(repeating: 0, count: inputs)
      }
    }
  }

  // MARK: Passes

  /// One utterance, (frames, inputs) to (frames', outputs). A waveform's samples lie without gaps, readable
  /// to 16 beyond the last.
  public func forward(_ x: Matrix, into y: Matrix, on compute: Compute) {
    precondition(x.columns == inputs && y.columns == outputs && y.rows == outputFrames(for: x.rows))
    guard y.rows > 0 else { return }
    let products =
      inputs == 1
      ? [(x: windows(x, count: y.rows), weights: weight.value)]
      : (0..<kernel).map { (x: frames(x, at: $0, count: y.rows), weights: tap($0, of: taps)) }
    compute.multiply(byTransposes: products, into: y, bias: bias?.value)
  }

  /// Room for the gradient of `frames` output frames, with rows of zeros before and behind that
  /// ``backward(_:input:into:on:)`` reads, in the workspace's present scope.
  public func gradientRoom(frames: Int, _ workspace: Workspace) -> Matrix {
    let around = kernel / stride + 1
    let room = workspace.matrix(rows: frames + 2 * around, columns: outputs)
    for row in 0..<around {
      room.row(row).update(repeating: 0, count: outputs)
      room.row(frames + around + row).update(repeating: 0, count: outputs)
    }
    return room.rows(around..<around + frames)
  }

  /// One utterance. Gathers the gradients of weights and bias, and overwrites `dx`, (frames, inputs).
  /// - Parameters:
  ///   - dy: a ``gradientRoom(frames:_:)``.
  ///   - dx: nil where nobody wants it, as of a waveform.
  public func backward(_ dy: Matrix, input x: Matrix, into dx: Matrix?, on compute: Compute) {
    precondition(x.columns == inputs && dy.columns == outputs && dy.rows == outputFrames(for: x.rows))
    if let bias, dy.rows > 0 { compute.accumulate(rowsOf: dy, into: bias.gradient) }
    if inputs == 1 {
      precondition(dx == nil, "a waveform gets no gradient")
      compute.accumulate(transposeOf: dy, times: windows(x, count: dy.rows), into: weight.gradient)
      return
    }
    for tap in 0..<kernel {
      compute.accumulate(
        transposeOf: dy, times: frames(x, at: tap, count: dy.rows), into: self.tap(tap, of: tapGradients))
    }
    if let dx { inputGradient(dy, into: dx, on: compute) }
  }

  private func inputGradient(_ dy: Matrix, into dx: Matrix, on compute: Compute) {
    for phase in 0..<min(stride, dx.rows) {
      let reached = Matrix(
        dx.row(phase), rows: (dx.rows - phase + stride - 1) / stride, columns: inputs,
        stride: stride * dx.stride)
      let products = Swift.stride(from: phase, to: kernel, by: stride).enumerated().map { back, tap in
        (
          x: Matrix(
            dy.pointer - back * dy.stride, rows: reached.rows, columns: outputs, stride: dy.stride),
          weights: self.tap(tap, of: taps)
        )
      }
      if products.isEmpty || dy.rows == 0 {
        for row in 0..<reached.rows { reached.row(row).update(repeating: 0, count: inputs) }
      } else {
        compute.multiply(products, into: reached)
      }
    }
  }
}
