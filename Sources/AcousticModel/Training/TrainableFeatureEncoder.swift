import CKernels
import Layers
import Tensors

/// The stack of convolutions from a waveform to features (``FeatureEncoder``) and its gradients:
///
///     s = convolution(a of the layer before);  n = norm(s) where there is one;  a = activation(n)
///
/// The forward pass keeps each layer's s, or n behind a group norm; activations are computed again.
final class TrainableFeatureEncoder: Sendable {
  /// The first layer where its channels are normed over time.
  private let first: TrainableNormalisedConvolution?
  /// All other layers, or all.
  private let convolutions: [TrainableConvolution]
  /// One a convolution where features are normed over channels; empty with the group norm.
  private let norms: [TrainableLayerNorm]
  private let activation: Activation
  private let channels: [Int]

  /// - Returns: nil if the parameters hold no feature encoder.
  init?(_ configuration: ModelConfiguration, _ reader: ParameterReader) {
    let prefix = "\(configuration.architecture.modelType).feature_extractor.conv_layers"
    guard reader.has("\(prefix).0.conv.weight") else { return nil }
    channels = configuration.convolutionChannels
    activation = configuration.featureActivation
    var first: TrainableNormalisedConvolution?
    var convolutions: [TrainableConvolution] = []
    var norms: [TrainableLayerNorm] = []
    for layer in channels.indices {
      let name = "\(prefix).\(layer)"
      let weight = reader.parameter("\(name).conv.weight")
      let (kernel, stride) = (
        configuration.convolutionKernels[layer], configuration.convolutionStrides[layer]
      )
      if layer == 0 && configuration.featureNorm == .group {
        first = TrainableNormalisedConvolution(
          kernel: kernel, stride: stride, weight: weight,
          gain: reader.parameter("\(name).layer_norm.weight"),
          shift: reader.parameter("\(name).layer_norm.bias"), epsilon: FeatureEncoder.epsilon)
        continue
      }
      convolutions.append(
        TrainableConvolution(
          inputs: layer == 0 ? 1 : channels[layer - 1], kernel: kernel, stride: stride, weight: weight,
          bias: configuration.convolutionBias ? reader.parameter("\(name).conv.bias") : nil))
      if configuration.featureNorm == .layer {
        norms.append(reader.layerNorm("\(name).layer_norm", epsilon: FeatureEncoder.epsilon))
      }
    }
    self.first = first
    self.convolutions = convolutions
    self.norms = norms
  }

  func prepare(on compute: Compute) { for convolution in convolutions { convolution.prepare(on: compute) } }

  func finishGradients(on compute: Compute) {
    for convolution in convolutions { convolution.finishGradients(on: compute) }
  }

  /// What the backward pass needs of an utterance's forward pass.
  struct Kept {
    /// (samples, 1), readable to 16 beyond the last.
    let samples: Matrix
    /// Of each layer, (frames, channels).
    let sums: [Matrix]
    let statistics: TrainableNormalisedConvolution.Statistics?
  }

  /// Frames of each layer.
  private func frames(for samples: Int) -> [Int] {
    var frames = samples
    var all: [Int] = []
    if let first {
      frames = first.outputFrames(for: frames)
      all.append(frames)
    }
    for convolution in convolutions {
      frames = convolution.outputFrames(for: frames)
      all.append(frames)
    }
    return all
  }

  // MARK: Forward

  /// (samples) to (T, C), with what is kept in the workspace's present scope. T must not be 0.
  func forward(
    _ waveform: [Float], into features: Matrix, workspace: Workspace, on compute: Compute
  ) -> Kept {
    let samples = workspace.matrix(rows: 1, columns: waveform.count)
    waveform.withUnsafeBufferPointer { samples.pointer.update(from: $0.baseAddress!, count: $0.count) }
    let input = Matrix(samples.pointer, rows: waveform.count, columns: 1, stride: 1)
    let frames = frames(for: waveform.count)
    precondition(features.rows == frames.last!, "\(frames.last!) frames into \(features.rows)")
    let sums = zip(frames, channels).map { workspace.matrix(rows: $0, columns: $1) }
    var statistics: TrainableNormalisedConvolution.Statistics?
    workspace.scope {
      var x = input
      for layer in channels.indices {
        if layer == 0, let first {
          statistics = first.forward(x, into: sums[0], workspace: workspace, on: compute)
        } else {
          convolution(layer).forward(x, into: sums[layer], on: compute)
        }
        let isLast = layer == channels.count - 1
        x = isLast ? features : workspace.matrix(rows: frames[layer], columns: channels[layer])
        activate(sums[layer], layer: layer, into: x, on: compute)
      }
    }
    return Kept(samples: input, sums: sums, statistics: statistics)
  }

  private func convolution(_ layer: Int) -> TrainableConvolution {
    convolutions[first == nil ? layer : layer - 1]
  }

  /// a = activation(norm(s)).
  private func activate(_ sums: Matrix, layer: Int, into active: Matrix, on compute: Compute) {
    if !norms.isEmpty { norms[layer].forward(sums, into: active, on: compute) }
    forEachRow(of: sums, on: compute) { row, kernels in
      if norms.isEmpty { active.row(row).update(from: sums.row(row), count: sums.columns) }
      kernels.activate(active.row(row), sums.columns, activation.code)
    }
  }

  private func forEachRow(of matrix: Matrix, on compute: Compute, _ body: (Int, ck_kernels) -> Void) {
    let rowsPerTask = 64
    let kernels = compute.kernels
    compute.run(tasks: (matrix.rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, matrix.rows) { body(row, kernels) }
    }
  }

  // MARK: Backward

  /// Gathers the gradients of the parameters from those of the features, (T, C).
  func backward(_ dfeatures: Matrix, kept: Kept, workspace: Workspace, on compute: Compute) {
    workspace.scope {
      var dactive = dfeatures
      var dsums = room(forLayer: channels.count - 1, kept, workspace)
      for layer in channels.indices.reversed() {
        activationBackward(dactive, of: kept.sums[layer], layer: layer, into: dsums, workspace, compute)
        if layer == 0 { break }
        dactive = room(forLayer: layer - 1, kept, workspace)
        workspace.scope {
          let before = kept.sums[layer - 1]
          let x = workspace.matrix(rows: before.rows, columns: before.columns)
          activate(before, layer: layer - 1, into: x, on: compute)
          convolution(layer).backward(dsums, input: x, into: dactive, on: compute)
        }
        dsums = dactive
      }
      if let first, let statistics = kept.statistics {
        first.backward(dsums, input: kept.samples, statistics, workspace: workspace, on: compute)
      } else {
        convolution(0).backward(dsums, input: kept.samples, into: nil, on: compute)
      }
    }
  }

  /// Where gradients of a layer's sums go, and of its activations before them.
  private func room(forLayer layer: Int, _ kept: Kept, _ workspace: Workspace) -> Matrix {
    let frames = kept.sums[layer].rows
    return layer == 0 && first != nil
      ? workspace.matrix(rows: frames, columns: channels[0])
      : convolution(layer).gradientRoom(frames: frames, workspace)
  }

  /// The gradient of a layer's sums from that of its activations; they may share their memory.
  private func activationBackward(
    _ dactive: Matrix, of sums: Matrix, layer: Int, into dsums: Matrix, _ workspace: Workspace,
    _ compute: Compute
  ) {
    workspace.scope {
      var normed = sums
      if !norms.isEmpty {
        normed = workspace.matrix(rows: sums.rows, columns: sums.columns)
        norms[layer].forward(sums, into: normed, on: compute)
      }
      forEachRow(of: sums, on: compute) { row, kernels in
        kernels.activate_backward(
          dsums.row(row), normed.row(row), dactive.row(row), sums.columns, activation.code)
      }
      if !norms.isEmpty {
        norms[layer].backward(dsums, input: sums, into: dsums, workspace: workspace, on: compute)
      }
    }
  }
}
