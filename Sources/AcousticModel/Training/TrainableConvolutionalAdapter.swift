import CKernels
import Layers
import Tensors

/// The convolutions behind wav2vec 2.0's transformer (``ConvolutionalAdapter``) and their gradients:
/// a projection with a norm where widths differ, then y = a sigmoid(b) for the halves a, b of a convolution
/// over frames that are padded by one on either side.
struct TrainableConvolutionalAdapter: Sendable {
  private let width: Int
  private let projection: (linear: TrainableLinear, norm: TrainableLayerNorm)?
  private let convolutions: [TrainableConvolution]

  init(_ adapter: AdapterConfiguration, inputs: Int, _ reader: ParameterReader, prefix: String) {
    width = adapter.width
    projection =
      adapter.width == inputs
      ? nil : (reader.linear("\(prefix).proj"), reader.layerNorm("\(prefix).proj_layer_norm", epsilon: 1e-5))
    convolutions = (0..<adapter.layers).map { index in
      TrainableConvolution(
        inputs: adapter.width, kernel: adapter.kernel, stride: adapter.stride,
        weight: reader.parameter("\(prefix).layers.\(index).conv.weight"),
        bias: reader.parameter("\(prefix).layers.\(index).conv.bias"))
    }
  }

  func prepare(on compute: Compute) { for convolution in convolutions { convolution.prepare(on: compute) } }

  func finishGradients(on compute: Compute) {
    for convolution in convolutions { convolution.finishGradients(on: compute) }
  }

  /// What the backward pass needs of an utterance's forward pass.
  struct Kept {
    /// What the projection gives, before its norm.
    let projected: Matrix?
    /// The input of each convolution with its padding, and the result of the last.
    let padded: [Matrix]
    /// a and b side by side, before the sigmoid.
    let gated: [Matrix]
  }

  /// One utterance, (T, D); the result is what was kept last, its padding aside.
  func forward(_ x: Matrix, workspace: Workspace, on compute: Compute) -> (result: Matrix, kept: Kept) {
    var padded = [zeroPadded(frames: x.rows, workspace)]
    var gated: [Matrix] = []
    var projected: Matrix?
    let inner = padded[0].rows(1..<x.rows + 1)
    if let projection {
      let result = workspace.matrix(rows: x.rows, columns: width)
      projection.linear.forward(x, into: result, on: compute)
      projection.norm.forward(result, into: inner, on: compute)
      projected = result
    } else {
      for row in 0..<x.rows { inner.row(row).update(from: x.row(row), count: width) }
    }
    for convolution in convolutions {
      let input = padded[padded.count - 1]
      let sums = workspace.matrix(rows: convolution.outputFrames(for: input.rows), columns: 2 * width)
      let output = zeroPadded(frames: sums.rows, workspace)
      convolution.forward(input, into: sums, on: compute)
      workspace.scope {
        let gates = workspace.matrix(rows: 1, columns: width)
        for frame in 0..<sums.rows {
          gates.pointer.update(from: sums.row(frame) + width, count: width)
          compute.kernels.activate(gates.pointer, width, CK_SIGMOID)
          let result = output.row(frame + 1)
          for channel in 0..<width { result[channel] = sums.row(frame)[channel] * gates.pointer[channel] }
        }
      }
      gated.append(sums)
      padded.append(output)
    }
    let last = padded[padded.count - 1]
    return (
      last.rows(1..<last.rows - 1), Kept(projected: projected, padded: padded, gated: gated)
    )
  }

  private func zeroPadded(frames: Int, _ workspace: Workspace) -> Matrix {
    let matrix = workspace.matrix(rows: frames + 2, columns: width)
    for row in [0, frames + 1] { matrix.row(row).update(repeating: 0, count: width) }
    return matrix
  }

  /// Adds to the gradients of the parameters, and overwrites `dx`, (T, D), from `dy`, (T', D').
  func backward(
    _ dy: Matrix, input x: Matrix, kept: Kept, into dx: Matrix, workspace: Workspace, on compute: Compute
  ) {
    workspace.scope {
      var gradient = dy
      for (index, convolution) in convolutions.enumerated().reversed() {
        let sums = kept.gated[index]
        let dsums = convolution.gradientRoom(frames: sums.rows, workspace)
        for frame in 0..<sums.rows {
          // d(a s(b)) = da s(b) + a s'(b) db
          let (from, to, dy) = (sums.row(frame), dsums.row(frame), gradient.row(frame))
          to.update(from: from + width, count: width)
          compute.kernels.activate(to, width, CK_SIGMOID)
          for channel in 0..<width {
            let gate = to[channel]
            to[width + channel] = dy[channel] * from[channel] * gate * (1 - gate)
            to[channel] = dy[channel] * gate
          }
        }
        let dpadded = workspace.matrix(rows: kept.padded[index].rows, columns: width)
        convolution.backward(dsums, input: kept.padded[index], into: dpadded, on: compute)
        gradient = dpadded.rows(1..<dpadded.rows - 1)
      }
      if let projection, let projected = kept.projected {
        let dprojected = workspace.matrix(rows: x.rows, columns: width)
        projection.norm.backward(
          gradient, input: projected, into: dprojected, workspace: workspace, on: compute)
        projection.linear.accumulateGradients(dprojected, input: x, on: compute)
        projection.linear.backward(dprojected, into: dx, on: compute)
      } else {
        for row in 0..<x.rows { dx.row(row).update(from: gradient.row(row), count: width) }
      }
    }
  }
}
