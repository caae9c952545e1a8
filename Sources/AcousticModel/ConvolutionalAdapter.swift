import Checkpoints
import Layers
import Tensors

/// What `add_adapter` puts behind wav2vec 2.0's transformer: a projection with a norm where widths differ,
/// then convolutions with a gated linear unit (Dauphin et al. 2017), y = a sigmoid(b) for the two halves a, b
/// of the channels.
///
/// The convolutions are padded by one frame on either side, whatever their kernel.
final class ConvolutionalAdapter: Sendable {
  private let width: Int
  private let projection: (linear: Linear, norm: LayerNorm)?
  private let convolutions: [Convolution]

  init(
    _ adapter: AdapterConfiguration, inputs: Int, _ reader: WeightReader, prefix: String
  ) throws(CheckpointError) {
    width = adapter.width
    if adapter.width != inputs {
      // transformers does not pass `layer_norm_eps` on to this norm.
      projection = (
        try reader.linear("\(prefix).proj", inputs: inputs, outputs: adapter.width),
        try reader.layerNorm("\(prefix).proj_layer_norm", adapter.width, epsilon: 1e-5)
      )
    } else {
      projection = nil
    }
    var convolutions: [Convolution] = []
    for index in 0..<adapter.layers {
      let name = "\(prefix).layers.\(index).conv"
      convolutions.append(
        Convolution(
          outputs: 2 * adapter.width, inputs: adapter.width, kernel: adapter.kernel, stride: adapter.stride,
          weights: try reader.floats("\(name).weight", 2 * adapter.width, adapter.width, adapter.kernel),
          bias: try reader.vector("\(name).bias", 2 * adapter.width)))
    }
    self.convolutions = convolutions
  }

  /// One utterance, (T, D) to (T', D').
  func forward(_ x: Matrix, into y: Matrix, workspace: Workspace, on compute: Compute) {
    workspace.scope {
      // Frame 0 and the last are the padding of the first convolution.
      var padded = workspace.matrix(rows: x.rows + 2, columns: width)
      let inner = padded.rows(1..<x.rows + 1)
      if let projection {
        projection.linear.forward(x, into: inner, on: compute)
        projection.norm.forward(inner, into: inner, on: compute)
      } else {
        copy(x, into: inner)
      }
      for convolution in convolutions {
        padded.row(0).update(repeating: 0, count: width)
        padded.row(padded.rows - 1).update(repeating: 0, count: width)
        let gated = workspace.matrix(rows: convolution.outputFrames(for: padded.rows), columns: 2 * width)
        convolution.forward(padded, into: gated, workspace: workspace, on: compute)
        padded = workspace.matrix(rows: gated.rows + 2, columns: width)
        for frame in 0..<gated.rows {
          let (values, gates, result) = (gated.row(frame), gated.row(frame) + width, padded.row(frame + 1))
          compute.activate(gates, count: width, .sigmoid)
          for channel in 0..<width { result[channel] = values[channel] * gates[channel] }
        }
      }
      copy(padded.rows(1..<padded.rows - 1), into: y)
    }
  }

  private func copy(_ source: Matrix, into target: Matrix) {
    for row in 0..<source.rows { target.row(row).update(from: source.row(row), count: source.columns) }
  }
}
