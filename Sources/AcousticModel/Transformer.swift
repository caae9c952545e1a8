import Checkpoints
import Layers
import Tensors

/// The positional convolution and the transformer's layers, (N, D) to (N, D).
final class Transformer: Sendable {
  private let position: PositionalConvolution
  private let positionNorm: ChannelScaling?
  private let norm: LayerNorm
  private let layers: [TransformerLayer]
  private let normalisesFirst: Bool

  init(_ configuration: ModelConfiguration, _ reader: WeightReader, prefix: String) throws(CheckpointError) {
    let width = configuration.width
    let name = "\(prefix).pos_conv_embed"
    normalisesFirst = configuration.normalisesFirst
    positionNorm =
      configuration.positionalBatchNorm
      ? try ChannelScaling(batchNorm: "\(name).batch_norm", width, reader) : nil
    position = PositionalConvolution(
      channels: width, groups: configuration.positionalGroups, kernel: configuration.positionalKernel,
      weights: try Self.positionalWeights(configuration, reader, prefix: "\(name).conv"),
      bias: try reader.floats("\(name).conv.bias", width), activation: configuration.featureActivation)
    norm = try reader.layerNorm("\(prefix).layer_norm", width, epsilon: configuration.layerNormEpsilon)
    var layers: [TransformerLayer] = []
    for index in 0..<configuration.layers {
      layers.append(try TransformerLayer(configuration, reader, prefix: "\(prefix).layers.\(index)"))
    }
    self.layers = layers
  }

  /// (D, D / groups, K): as it is, or w = g v / |v| in either spelling of weight norm, |v| over all but the
  /// tap.
  private static func positionalWeights(
    _ configuration: ModelConfiguration, _ reader: WeightReader, prefix: String
  ) throws(CheckpointError) -> [Float] {
    let width = configuration.width
    let inputs = width / configuration.positionalGroups
    let kernel = configuration.positionalKernel
    if configuration.positionalBatchNorm {
      return try reader.floats("\(prefix).weight", width, inputs, kernel)
    }
    let old = reader.has("\(prefix).weight_g")
    let names =
      old
      ? ["weight_g", "weight_v"] : ["parametrizations.weight.original0", "parametrizations.weight.original1"]
    let gains = try reader.floats("\(prefix).\(names[0])", 1, 1, kernel)
    var weights = try reader.floats("\(prefix).\(names[1])", width, inputs, kernel)
    var squares = [Double](repeating: 0, count: kernel)
    for index in weights.indices {
      squares[index % kernel] += Double(weights[index]) * Double(weights[index])
    }
    let scales = (0..<kernel).map { Double(gains[$0]) / squares[$0].squareRoot() }
    for index in weights.indices { weights[index] = Float(Double(weights[index]) * scales[index % kernel]) }
    return weights
  }

  /// - Parameters:
  ///   - x: (N, D); overwritten.
  ///   - y: (N, D), the result; must not be `x`.
  ///   - depth: how many layers to run. Only after all of them comes the final norm of the stable
  ///     transformer.
  ///   - visit: is shown the first layer's input as state 0, and each layer's output, (N, D).
  func forward(
    _ x: Matrix, utterances: [Range<Int>], into y: Matrix, depth: Int, workspace: Workspace,
    on compute: Compute, times: StageTimes?, visit: (Int, Matrix) -> Void
  ) {
    precondition((0...layers.count).contains(depth), "\(depth) of \(layers.count) layers")
    times.measure(.positionalConvolution) {
      for rows in utterances {
        if let positionNorm {
          workspace.scope {
            let normed = workspace.matrix(rows: rows.count, columns: x.columns)
            positionNorm.forward(x.rows(rows), into: normed)
            position.forward(
              normed, into: y.rows(rows), addingTo: x.rows(rows), workspace: workspace, on: compute)
          }
        } else {
          position.forward(
            x.rows(rows), into: y.rows(rows), addingTo: x.rows(rows), workspace: workspace, on: compute)
        }
      }
    }
    if !normalisesFirst { times.measure(.norms) { norm.forward(y, into: y, on: compute) } }
    visit(0, y)
    for (index, layer) in layers.prefix(depth).enumerated() {
      layer.forward(y, utterances: utterances, workspace: workspace, on: compute, times: times)
      visit(index + 1, y)
    }
    if normalisesFirst && depth == layers.count {
      times.measure(.norms) { norm.forward(y, into: y, on: compute) }
    }
  }
}

/// A batch norm at inference: a scale and a shift for each channel.
private struct ChannelScaling: Sendable {
  private let scale: [Float]
  private let shift: [Float]

  init(batchNorm prefix: String, _ channels: Int, _ reader: WeightReader) throws(CheckpointError) {
    let weight = try reader.floats("\(prefix).weight", channels)
    let bias = try reader.floats("\(prefix).bias", channels)
    let mean = try reader.floats("\(prefix).running_mean", channels)
    let variance = try reader.floats("\(prefix).running_var", channels)
    // torch.nn.BatchNorm1d's own epsilon.
    scale = (0..<channels).map { weight[$0] / (variance[$0] + 1e-5).squareRoot() }
    shift = (0..<channels).map { [scale] in bias[$0] - mean[$0] * scale[$0] }
  }

  func forward(_ x: Matrix, into y: Matrix) {
    for frame in 0..<x.rows {
      for channel in 0..<x.columns {
        y.row(frame)[channel] = x.row(frame)[channel] * scale[channel] + shift[channel]
      }
    }
  }
}
