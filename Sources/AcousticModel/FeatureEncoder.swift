import Checkpoints
import Layers
import Tensors

/// The stack of convolutions from a waveform to features, (samples) to (T, C): wav2vec 2.0's feature encoder
/// (Baevski et al. 2020, section 2).
///
/// It works through an utterance in blocks of frames, all layers of a block before the next block, so that
/// what lies between layers stays in cache and memory does not grow with the utterance: at 10 s the first
/// layer alone would give 65 MB.
final class FeatureEncoder: Sendable {
  private enum FirstLayer {
    case plain(Convolution)
    /// Group norm with a group a channel: folded into the convolution for each utterance.
    case normalised(NormalisedConvolution)
  }

  private let first: FirstLayer
  /// All layers after the first.
  private let rest: [Convolution]
  /// One a layer where features are normed over channels; empty with the group norm.
  private let norms: [LayerNorm]
  private let channels: [Int]
  private let activation: Activation

  /// Frames of a block. The layers of the usual stack give 64 x 64, 64 x 32, ... frames a block, 8 MB for the
  /// first.
  static let framesPerBlock = 64

  /// transformers builds these norms without passing `layer_norm_eps` on.
  static let epsilon: Float = 1e-5

  init(_ configuration: ModelConfiguration, _ reader: WeightReader, prefix: String) throws(CheckpointError) {
    channels = configuration.convolutionChannels
    let kernels = configuration.convolutionKernels
    let strides = configuration.convolutionStrides
    activation = configuration.featureActivation
    var convolutions: [Convolution] = []
    var norms: [LayerNorm] = []
    var first: FirstLayer?
    for layer in channels.indices {
      let name = "\(prefix).conv_layers.\(layer)"
      let inputs = layer == 0 ? 1 : channels[layer - 1]
      let weights = try reader.floats("\(name).conv.weight", channels[layer], inputs, kernels[layer])
      let bias = configuration.convolutionBias ? try reader.floats("\(name).conv.bias", channels[layer]) : nil
      if layer == 0 && configuration.featureNorm == .group {
        first = .normalised(
          NormalisedConvolution(
            outputs: channels[0], kernel: kernels[0], stride: strides[0], weights: weights,
            normWeight: try reader.floats("\(name).layer_norm.weight", channels[0]),
            normBias: try reader.floats("\(name).layer_norm.bias", channels[0]), epsilon: Self.epsilon))
        continue
      }
      let convolution = Convolution(
        outputs: channels[layer], inputs: inputs, kernel: kernels[layer], stride: strides[layer],
        weights: weights,
        bias: bias.map { Vector($0) })
      if layer == 0 { first = .plain(convolution) } else { convolutions.append(convolution) }
      if configuration.featureNorm == .layer {
        norms.append(try reader.layerNorm("\(name).layer_norm", channels[layer], epsilon: Self.epsilon))
      }
    }
    self.first = first!
    rest = convolutions
    self.norms = norms
  }

  var outputs: Int { channels.last! }

  /// (samples) to (T, C) with T = `featureFrames(for:)` of the configuration, which must not be 0.
  func forward(_ waveform: [Float], into features: Matrix, workspace: Workspace, on compute: Compute) {
    precondition(features.columns == outputs, "\(outputs) channels into \(features.columns)")
    waveform.withUnsafeBufferPointer { samples in
      // Only ever read.
      let samples = Matrix(
        UnsafeMutablePointer(mutating: samples.baseAddress!), rows: samples.count, columns: 1, stride: 1)
      let first: Convolution =
        switch self.first {
        case .plain(let convolution): convolution
        case .normalised(let convolution): convolution.folded(over: waveform)
        }
      let layers = [first] + rest
      for start in stride(from: 0, to: features.rows, by: Self.framesPerBlock) {
        let block = start..<min(start + Self.framesPerBlock, features.rows)
        workspace.scope {
          // What each layer has to give for this block, from the last layer backwards.
          var ranges = [block]
          for layer in layers.dropFirst().reversed() { ranges.append(layer.inputRange(for: ranges.last!)) }
          ranges.reverse()
          var x = samples.rows(first.inputRange(for: ranges[0]))
          for (index, layer) in layers.enumerated() {
            let last = index == layers.count - 1
            let y =
              last
              ? features.rows(block)
              : workspace.matrix(rows: ranges[index].count, columns: channels[index])
            layer.forward(
              x, into: y, activation: norms.isEmpty ? activation : .identity, workspace: workspace,
              on: compute)
            if !norms.isEmpty { norms[index].forward(y, into: y, activation: activation, on: compute) }
            x = y
          }
        }
      }
    }
  }
}
