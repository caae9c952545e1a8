import CKernels
import Layers
import Tensors

/// What stands between the frozen feature encoder and the transformer's first layer, and its gradients:
///
///     x = mask(drop(projection(norm(features))))
///     h = drop(norm(x + position(x)))      post-norm
///     h = drop(x + position(x))            stable
///
/// A batch norm before the positional convolution (`conv_pos_batch_norm`) uses its running statistics in
/// training too: they come from pre-training on far more speech than a batch holds, and an utterance's result
/// stays its own.
final class TrainableFront: Sendable {
  private let featureNorm: TrainableLayerNorm?
  private let projection: TrainableLinear
  private let maskedFrame: Parameter
  private let positionNorm: TrainableChannelScaling?
  private let position: TrainablePositionalConvolution
  /// The post-norm transformer's norm before its layers.
  private let norm: TrainableLayerNorm?

  init(_ configuration: ModelConfiguration, _ reader: ParameterReader) {
    let prefix = configuration.architecture.modelType
    let width = configuration.width
    let epsilon = configuration.layerNormEpsilon
    featureNorm =
      configuration.normalisesFeatures
      ? reader.layerNorm("\(prefix).feature_projection.layer_norm", epsilon: epsilon) : nil
    projection = reader.linear("\(prefix).feature_projection.projection")
    maskedFrame = reader.parameter("\(prefix).masked_spec_embed")
    let name = "\(prefix).encoder.pos_conv_embed"
    positionNorm =
      configuration.positionalBatchNorm
      ? TrainableChannelScaling(reader, prefix: "\(name).batch_norm") : nil
    let spelling = "\(name).conv.parametrizations.weight"
    let isNormed = !configuration.positionalBatchNorm
    position = TrainablePositionalConvolution(
      channels: width, groups: configuration.positionalGroups, kernel: configuration.positionalKernel,
      direction: reader.parameter(isNormed ? "\(spelling).original1" : "\(name).conv.weight"),
      gain: isNormed ? reader.parameter("\(spelling).original0") : nil,
      bias: reader.parameter("\(name).conv.bias"), activation: configuration.featureActivation)
    norm =
      configuration.normalisesFirst
      ? nil : reader.layerNorm("\(prefix).encoder.layer_norm", epsilon: epsilon)
  }

  func prepare(on compute: Compute) { position.prepare(on: compute) }
  func finishGradients(on compute: Compute) { position.finishGradients(on: compute) }

  /// What the backward pass needs of the forward pass.
  struct Kept {
    /// (N, C).
    let features: Matrix
    /// x, (N, D).
    let projected: Matrix
    /// What goes into the positional convolution's activation, (N, D).
    let positionSums: Matrix
    /// x + position(x), where a norm follows.
    let positioned: Matrix?
    let masks: [Masks]
  }

  /// The masks of an utterance.
  struct Masks: Sendable, Equatable {
    let frames: [Bool]?
    let channels: [Bool]?
  }

  /// Room for what is kept, in the workspace's present scope. `masks` are those of each utterance.
  func keep(frames: Int, masks: [Masks], _ workspace: Workspace) -> Kept {
    let width = projection.outputs
    return Kept(
      features: workspace.matrix(rows: frames, columns: projection.inputs),
      projected: workspace.matrix(rows: frames, columns: width),
      positionSums: workspace.matrix(rows: frames, columns: width),
      positioned: norm == nil ? nil : workspace.matrix(rows: frames, columns: width), masks: masks)
  }

  /// The masks of an utterance of `frames` frames in a step.
  func masks(frames: Int, utterance: UInt32, _ options: StepOptions) -> Masks {
    if let fixed = options.fixedMasks?[utterance] { return fixed }
    let regularization = options.regularization
    return Masks(
      frames: regularization.timeMask.draw(
        count: frames, random: options.source(Site.timeMask()), utterance: utterance),
      channels: regularization.featureMask.draw(
        count: projection.outputs, random: options.source(Site.featureMask()), utterance: utterance))
  }

  private func dropout(_ options: StepOptions) -> (projection: Dropout, position: Dropout) {
    (
      Dropout(
        probability: options.regularization.featureProjectionDropout,
        random: options.source(Site.featureProjection())),
      Dropout(probability: options.regularization.hiddenDropout, random: options.source(Site.positions()))
    )
  }

  // MARK: Forward

  /// `kept.features` (N, C) to `h` (N, D).
  func forward(
    into h: Matrix, keeping kept: Kept, utterances: [UtteranceRows], _ options: StepOptions,
    workspace: Workspace, on compute: Compute
  ) {
    let dropout = dropout(options)
    let x = kept.projected
    workspace.scope {
      projection.forward(normed(kept.features, workspace, compute), into: x, on: compute)
    }
    if !dropout.projection.isOff { dropout.projection.apply(x, into: x, utterances: utterances, on: compute) }
    for (utterance, masks) in zip(utterances, kept.masks) { mask(x.rows(utterance.rows), masks) }
    let positioned = kept.positioned ?? h
    for utterance in utterances {
      let rows = utterance.rows
      workspace.scope {
        position.forward(
          positionInput(x.rows(rows), workspace), addingTo: x.rows(rows), sums: kept.positionSums.rows(rows),
          into: positioned.rows(rows), workspace: workspace, on: compute)
      }
    }
    norm?.forward(positioned, into: h, on: compute)
    if !dropout.position.isOff { dropout.position.apply(h, into: h, utterances: utterances, on: compute) }
  }

  /// The features under their norm: a matrix of the workspace's present scope, or the features themselves.
  private func normed(_ features: Matrix, _ workspace: Workspace, _ compute: Compute) -> Matrix {
    guard let featureNorm else { return features }
    let normed = workspace.matrix(rows: features.rows, columns: features.columns)
    featureNorm.forward(features, into: normed, on: compute)
    return normed
  }

  private func positionInput(_ x: Matrix, _ workspace: Workspace) -> Matrix {
    guard let positionNorm else { return x }
    let scaled = workspace.matrix(rows: x.rows, columns: x.columns)
    positionNorm.forward(x, into: scaled)
    return scaled
  }

  private func mask(_ x: Matrix, _ masks: Masks) {
    for frame in 0..<x.rows {
      if masks.frames?[frame] ?? false {
        x.row(frame).update(from: maskedFrame.value.pointer, count: x.columns)
      }
      if let channels = masks.channels {
        for channel in 0..<x.columns where channels[channel] { x.row(frame)[channel] = 0 }
      }
    }
  }

  // MARK: Backward

  /// Adds to the gradients of the parameters. `dh` (N, D) is overwritten, and so is `dfeatures` (N, C), which
  /// is nil where nobody trains what the features come from.
  func backward(
    _ dh: Matrix, kept: Kept, into dfeatures: Matrix?, utterances: [UtteranceRows], _ options: StepOptions,
    workspace: Workspace, on compute: Compute
  ) {
    let dropout = dropout(options)
    if !dropout.position.isOff { dropout.position.apply(dh, into: dh, utterances: utterances, on: compute) }
    workspace.scope {
      let dx = workspace.matrix(rows: dh.rows, columns: dh.columns)
      if let norm, let positioned = kept.positioned {
        norm.backward(dh, input: positioned, into: dh, workspace: workspace, on: compute)
      }
      for row in 0..<dh.rows { dx.row(row).update(from: dh.row(row), count: dh.columns) }
      for utterance in utterances {
        positionBackward(dh, kept: kept, addingTo: dx, utterance.rows, workspace, compute)
      }
      for (utterance, masks) in zip(utterances, kept.masks) { maskBackward(dx.rows(utterance.rows), masks) }
      if !dropout.projection.isOff {
        dropout.projection.apply(dx, into: dx, utterances: utterances, on: compute)
      }
      projection.accumulateGradients(dx, input: normed(kept.features, workspace, compute), on: compute)
      guard featureNorm != nil || dfeatures != nil else { return }
      let dnormed = dfeatures ?? workspace.matrix(rows: dh.rows, columns: projection.inputs)
      projection.backward(dx, into: dnormed, on: compute)
      featureNorm?.backward(
        dnormed, input: kept.features, into: dfeatures, workspace: workspace, on: compute)
    }
  }

  private func positionBackward(
    _ dy: Matrix, kept: Kept, addingTo dx: Matrix, _ rows: Range<Int>, _ workspace: Workspace,
    _ compute: Compute
  ) {
    let x = kept.projected.rows(rows)
    workspace.scope {
      let input = positionInput(x, workspace)
      let through: Matrix
      if positionNorm == nil {
        through = dx.rows(rows)
      } else {
        through = workspace.matrix(rows: x.rows, columns: x.columns)
        for row in 0..<x.rows { through.row(row).update(repeating: 0, count: x.columns) }
      }
      position.backward(
        dy.rows(rows), input: input, sums: kept.positionSums.rows(rows), addingTo: through,
        workspace: workspace,
        on: compute)
      positionNorm?.backward(through, input: x, addingTo: dx.rows(rows))
    }
  }

  private func maskBackward(_ dx: Matrix, _ masks: Masks) {
    for frame in 0..<dx.rows {
      let row = dx.row(frame)
      if let channels = masks.channels {
        for channel in 0..<dx.columns where channels[channel] { row[channel] = 0 }
      }
      if masks.frames?[frame] ?? false {
        let gradient = maskedFrame.gradient.pointer
        for channel in 0..<dx.columns { gradient[channel] += row[channel] }
        row.update(repeating: 0, count: dx.columns)
      }
    }
  }
}

/// A batch norm by its running statistics: y = (x - mean) / sqrt(variance + 1e-5) weight + bias, and its
/// gradients.
struct TrainableChannelScaling: Sendable {
  private let weight: Parameter
  private let bias: Parameter
  private let mean: Matrix
  private let variance: Matrix

  init(_ reader: ParameterReader, prefix: String) {
    weight = reader.parameter("\(prefix).weight")
    bias = reader.parameter("\(prefix).bias")
    mean = reader.values["\(prefix).running_mean"]
    variance = reader.values["\(prefix).running_var"]
  }

  /// torch.nn.BatchNorm1d's own epsilon.
  private func scale(_ channel: Int) -> Float { 1 / (variance.pointer[channel] + 1e-5).squareRoot() }

  func forward(_ x: Matrix, into y: Matrix) {
    for channel in 0..<x.columns {
      let scale = scale(channel) * weight.value.pointer[channel]
      let shift = bias.value.pointer[channel] - mean.pointer[channel] * scale
      for frame in 0..<x.rows { y.row(frame)[channel] = x.row(frame)[channel] * scale + shift }
    }
  }

  /// Adds to the gradients of weight and bias, and to `dx`.
  func backward(_ dy: Matrix, input x: Matrix, addingTo dx: Matrix) {
    for channel in 0..<x.columns {
      let scale = scale(channel)
      var (dweight, dbias): (Float, Float) = (0, 0)
      for frame in 0..<x.rows {
        let gradient = dy.row(frame)[channel]
        dweight += gradient * (x.row(frame)[channel] - mean.pointer[channel]) * scale
        dbias += gradient
        dx.row(frame)[channel] += gradient * scale * weight.value.pointer[channel]
      }
      weight.gradient.pointer[channel] += dweight
      bias.gradient.pointer[channel] += dbias
    }
  }
}
