import Layers
import Tensors

/// The network without a head, from waveforms or features to hidden states, and its gradients: what
/// fine-tuning and pre-training have in common.
///
/// Utterances lie one behind the other without padding.
final class TrainableBackbone {
  let configuration: ModelConfiguration
  let workspace = Workspace()
  private let compute: Compute
  /// Nil where it is frozen, and the parameters do not hold it.
  private let featureEncoder: TrainableFeatureEncoder?
  private let front: TrainableFront
  private let layers: [TrainableTransformerLayer]
  /// The stable transformer's norm behind its layers.
  private let finalNorm: TrainableLayerNorm?
  private var isPrepared = false

  /// Frames that are computed together: enough that a pass over the weights costs little beside the products.
  static let framesPerMicroBatch = 512

  init(_ configuration: ModelConfiguration, _ reader: ParameterReader, on compute: Compute) {
    precondition(configuration.layers <= Site.mostLayers, "more than \(Site.mostLayers) layers")
    self.configuration = configuration
    self.compute = compute
    let prefix = configuration.architecture.modelType
    featureEncoder = TrainableFeatureEncoder(configuration, reader)
    front = TrainableFront(configuration, reader)
    layers = (0..<configuration.layers).map {
      TrainableTransformerLayer(configuration, reader, prefix: "\(prefix).encoder.layers.\($0)")
    }
    finalNorm =
      configuration.normalisesFirst
      ? reader.layerNorm("\(prefix).encoder.layer_norm", epsilon: configuration.layerNormEpsilon) : nil
  }

  /// Bytes that are kept of each frame from the forward to the backward pass, by part of the network.
  var keptBytesPerFrame: [(part: String, bytes: Int)] {
    let float = MemoryLayout<Float>.stride
    let width = configuration.width
    let front = configuration.convolutionChannels.last! + width * (configuration.normalisesFirst ? 2 : 3)
    return [("front", front * float)]
      + layers.enumerated().map { ("encoder.layers.\($0)", $1.keptFloatsPerFrame * float) }
  }

  /// To be called after the parameters have been changed, and before the next pass.
  func parametersDidChange() { isPrepared = false }

  /// Completes the gradients of a step.
  func finishGradients(_ options: StepOptions) {
    guard trainsFront(options) else { return }
    front.finishGradients(on: compute)
    featureEncoder?.finishGradients(on: compute)
  }

  private func trainsFront(_ options: StepOptions) -> Bool {
    !options.trainsHeadOnly && options.frozenLayers == 0
  }

  private func trains(layer: Int, _ options: StepOptions) -> Bool {
    !options.trainsHeadOnly && layer >= options.frozenLayers
  }

  /// Frames that the transformer sees of an input.
  func frames(of input: TrainingInput) -> Int {
    switch input {
    case .features(let features): features.matrix.rows
    case .waveform(let waveform): configuration.featureFrames(for: waveform.count).last ?? 0
    }
  }

  /// The masks of an utterance of `frames` frames in a step.
  func masks(frames: Int, utterance: UInt32, _ options: StepOptions) -> TrainableFront.Masks {
    front.masks(frames: frames, utterance: utterance, options)
  }

  /// Neighbours that are computed together, for utterances of these frames.
  static func microBatches(_ frames: [Int]) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var first = 0
    var sum = 0
    for (index, count) in frames.enumerated() {
      if index > first && sum + count > framesPerMicroBatch {
        parts.append(first..<index)
        (first, sum) = (index, 0)
      }
      sum += count
    }
    if first < frames.count { parts.append(first..<frames.count) }
    return parts
  }

  /// The rows of utterances that lie one behind the other.
  static func rows(of frames: [Int], keys: [UInt32]) -> [UtteranceRows] {
    var start = 0
    return zip(frames, keys).map { count, key in
      defer { start += count }
      return UtteranceRows(rows: start..<start + count, key: key)
    }
  }

  // MARK: Passes

  /// A forward pass and what was kept of it.
  struct Trace {
    let utterances: [UtteranceRows]
    /// Of each utterance; nil if it came as features.
    let featureEncoder: [TrainableFeatureEncoder.Kept?]
    let front: TrainableFront.Kept
    /// Each layer's input, and what the last gives.
    var hidden: [Matrix]
    /// Nil for a layer that was skipped, is frozen, or is to be computed again.
    var layers: [TrainableTransformerLayer.Kept?]
    /// What a head sees, (N, D).
    var encoded: Matrix

    /// The first matrix that is not finite everywhere in the utterance's rows.
    func breakdown(ofUtterance index: Int) -> String? {
      let rows = utterances[index].rows
      if !front.features.rows(rows).isFinite { return "the feature encoder" }
      if !front.projected.rows(rows).isFinite { return "feature_projection" }
      if !hidden[0].rows(rows).isFinite { return "encoder.pos_conv_embed" }
      return hidden.dropFirst().firstIndex { !$0.rows(rows).isFinite }.map { "encoder.layers.\($0 - 1)" }
    }
  }

  /// - Parameter keepsNothing: for a trace that has no backward pass.
  func forward(
    _ inputs: [TrainingInput], keys: [UInt32], _ options: StepOptions, keepsNothing: Bool = false
  ) -> Trace {
    if !isPrepared {
      front.prepare(on: compute)
      featureEncoder?.prepare(on: compute)
      isPrepared = true
    }
    let utterances = Self.rows(of: inputs.map { self.frames(of: $0) }, keys: keys)
    let frames = utterances.last?.rows.upperBound ?? 0
    let width = configuration.width
    let kept = front.keep(
      frames: frames,
      masks: utterances.map { masks(frames: $0.rows.count, utterance: $0.key, options) }, workspace)
    let encoders = zip(inputs, utterances).map {
      features(of: $0, into: kept.features.rows($1.rows), keepsNothing)
    }
    var hidden = [workspace.matrix(rows: frames, columns: width)]
    front.forward(
      into: hidden[0], keeping: kept, utterances: utterances, options, workspace: workspace, on: compute)
    var keptLayers: [TrainableTransformerLayer.Kept?] = []
    let spare = keepsNothing ? [workspace.matrix(rows: frames, columns: width)] : []
    for (index, layer) in layers.enumerated() {
      let x = hidden[index]
      if options.drops(layer: index) {
        hidden.append(x)
        keptLayers.append(nil)
        continue
      }
      let pass = LayerPass(layer: index, utterances: utterances, options, workspace, compute)
      let y =
        keepsNothing
        ? (index % 2 == 0 ? spare[0] : hidden[0]) : workspace.matrix(rows: frames, columns: width)
      if !keepsNothing && !options.checkpointsActivations && trains(layer: index, options) {
        let room = layer.keep(frames: frames, workspace)
        layer.forward(x, into: y, keeping: room, pass)
        keptLayers.append(room)
      } else {
        workspace.scope {
          layer.forward(x, into: y, keeping: layer.keep(frames: frames, workspace), pass)
        }
        keptLayers.append(nil)
      }
      hidden.append(y)
    }
    var encoded = hidden[layers.count]
    if let finalNorm {
      encoded = workspace.matrix(rows: frames, columns: width)
      finalNorm.forward(hidden[layers.count], into: encoded, on: compute)
    }
    return Trace(
      utterances: utterances, featureEncoder: encoders, front: kept, hidden: hidden, layers: keptLayers,
      encoded: encoded)
  }

  /// Features of an input, (T, C), and what the feature encoder kept of a waveform, if it did.
  private func features(
    of input: TrainingInput, into features: Matrix, _ keepsNothing: Bool
  ) -> TrainableFeatureEncoder.Kept? {
    switch input {
    case .features(let given):
      precondition(
        given.matrix.columns == features.columns,
        "features of \(given.matrix.columns) channels for a projection of \(features.columns)")
      for frame in 0..<features.rows {
        features.row(frame).update(from: given.matrix.row(frame), count: features.columns)
      }
      return nil
    case .waveform(let waveform):
      guard let featureEncoder else {
        preconditionFailure("a waveform for parameters without the feature encoder's")
      }
      if keepsNothing {
        workspace.scope {
          _ = featureEncoder.forward(waveform, into: features, workspace: workspace, on: compute)
        }
        return nil
      }
      return featureEncoder.forward(waveform, into: features, workspace: workspace, on: compute)
    }
  }

  /// What is done to the gradient of features before it goes on into the feature encoder.
  struct FeatureGradient {
    /// Times the gradient, that of the penalty included.
    var scale: Float = 1
    /// Times a feature: the gradient of a penalty on the features' squares.
    var penalty: Float = 0
  }

  /// Adds to the gradients of the parameters. `dencoded`, (N, D), is overwritten.
  func backward(
    _ dencoded: Matrix, _ trace: Trace, _ options: StepOptions,
    features: FeatureGradient = FeatureGradient()
  ) {
    if options.trainsHeadOnly { return }
    let frames = trace.hidden[0].rows
    workspace.scope {
      var dy = dencoded
      finalNorm?.backward(dy, input: trace.hidden.last!, into: dy, workspace: workspace, on: compute)
      var other = workspace.matrix(rows: frames, columns: configuration.width)
      for (index, layer) in layers.enumerated().reversed() {
        if !trains(layer: index, options) { return }
        if options.drops(layer: index) { continue }
        let pass = LayerPass(layer: index, utterances: trace.utterances, options, workspace, compute)
        workspace.scope {
          let kept: TrainableTransformerLayer.Kept
          if let room = trace.layers[index] {
            kept = room
          } else {
            kept = layer.keep(frames: frames, workspace)
            workspace.scope {
              let y = workspace.matrix(rows: frames, columns: configuration.width)
              layer.forward(trace.hidden[index], into: y, keeping: kept, pass)
            }
          }
          layer.backward(dy, input: trace.hidden[index], kept: kept, into: other, pass)
        }
        swap(&dy, &other)
      }
      if trainsFront(options) { frontBackward(dy, trace, options, features) }
    }
  }

  private func frontBackward(
    _ dhidden: Matrix, _ trace: Trace, _ options: StepOptions, _ gradient: FeatureGradient
  ) {
    let features = trace.front.features
    let dfeatures =
      trace.featureEncoder.allSatisfy { $0 == nil }
      ? nil : workspace.matrix(rows: features.rows, columns: features.columns)
    front.backward(
      dhidden, kept: trace.front, into: dfeatures, utterances: trace.utterances, options,
      workspace: workspace, on: compute)
    guard let dfeatures, let featureEncoder else { return }
    for row in 0..<features.rows {
      let (from, to) = (features.row(row), dfeatures.row(row))
      for channel in 0..<features.columns {
        to[channel] = gradient.scale * (to[channel] + gradient.penalty * from[channel])
      }
    }
    for case (let kept?, let utterance) in zip(trace.featureEncoder, trace.utterances) {
      featureEncoder.backward(
        dfeatures.rows(utterance.rows), kept: kept, workspace: workspace, on: compute)
    }
  }
}
