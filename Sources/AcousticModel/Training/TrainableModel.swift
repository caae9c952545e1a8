public import CTC
import Layers
public import Tensors

/// Everything behind the frozen feature encoder, with its gradients written out by hand.
///
/// A batch is cut into micro-batches of whole utterances, one behind the other without padding, and gradients
/// of micro-batches are added up: memory for activations is that of ``framesPerMicroBatch`` frames or of the
/// longest utterance, whatever the batch. Sums are taken in a fixed order, so that results are the same to
/// the bit on any number of threads.
public final class TrainableModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStorage
  /// Added to by ``accumulateGradients(_:options:)``; complete after ``finishGradients()``.
  public let gradients: ParameterStorage
  public let compute: Compute

  private let front: TrainableFront
  private let layers: [TrainableTransformerLayer]
  /// The stable transformer's norm behind its layers.
  private let finalNorm: TrainableLayerNorm?
  private let adapter: TrainableConvolutionalAdapter?
  private let head: TrainableLinear
  private let workspace = Workspace()
  private var isPrepared = false

  /// Seconds that forward and backward passes have taken since ``clearGradients()``, the loss in the latter.
  public private(set) var seconds = (forward: 0.0, backward: 0.0)

  /// Frames that are computed together: enough that a pass over the weights costs little beside the products.
  public static let framesPerMicroBatch = 512

  /// - Parameter parameters: of the configuration's layout; they may be changed between steps, with a call to
  ///   ``parametersDidChange()``.
  public init(configuration: ModelConfiguration, parameters: ParameterStorage, on compute: Compute) {
    precondition(configuration.layers <= Site.mostLayers, "more than \(Site.mostLayers) layers")
    self.configuration = configuration
    self.parameters = parameters
    self.compute = compute
    gradients = ParameterStorage(parameters.layout)
    let reader = ParameterReader(values: parameters, gradients: gradients)
    let prefix = configuration.architecture.modelType
    front = TrainableFront(configuration, reader)
    layers = (0..<configuration.layers).map {
      TrainableTransformerLayer(configuration, reader, prefix: "\(prefix).encoder.layers.\($0)")
    }
    finalNorm =
      configuration.normalisesFirst
      ? reader.layerNorm("\(prefix).encoder.layer_norm", epsilon: configuration.layerNormEpsilon) : nil
    adapter = configuration.adapter.map {
      TrainableConvolutionalAdapter($0, inputs: configuration.width, reader, prefix: "\(prefix).adapter")
    }
    head = reader.linear("lm_head")
  }

  /// Bytes that are kept of each frame from the forward to the backward pass, by part of the network.
  public var keptBytesPerFrame: [(part: String, bytes: Int)] {
    let float = MemoryLayout<Float>.stride
    let width = configuration.width
    let front = configuration.convolutionChannels.last! + width * (configuration.normalisesFirst ? 2 : 3)
    let last = configuration.headInputs + 2 * configuration.vocabularySize
    return [("front", front * float)]
      + layers.enumerated().map { ("encoder.layers.\($0)", $1.keptFloatsPerFrame * float) } + [
        ("head", last * float)
      ]
  }

  /// Bytes that the workspace holds for activations and intermediate results.
  public var workspaceBytes: Int { workspace.bytes }

  // MARK: Gradients

  public func clearGradients() {
    gradients.clear(on: compute)
    seconds = (0, 0)
  }

  /// To be called after the parameters have been changed, and before the next pass.
  public func parametersDidChange() { isPrepared = false }

  /// Completes the gradients of a step, after the last ``accumulateGradients(_:options:)``.
  public func finishGradients(_ options: StepOptions) {
    if trainsFront(options) { front.finishGradients(on: compute) }
  }

  private func trainsFront(_ options: StepOptions) -> Bool {
    !options.trainsHeadOnly && options.frozenLayers == 0
  }

  /// Adds the gradient of the reduced loss of `batch` to ``gradients``.
  ///
  /// An utterance whose loss is infinite adds nothing; one whose loss is NaN makes gradients NaN.
  /// - Throws: an error that names the first label that is the blank or outside the vocabulary; nothing has
  ///   been added then.
  public func accumulateGradients(
    _ batch: [TrainingUtterance], options: StepOptions
  ) throws(CTCTargetError) -> StepLosses {
    try CTCLoss(blank: configuration.blank).check(
      batch.map(\.labels), vocabularySize: configuration.vocabularySize)
    var result = StepLosses()
    for part in Self.microBatches(batch.map(\.features.matrix.rows)) {
      let losses = try accumulateGradients(ofMicroBatch: Array(batch[part]), options)
      result.breakdowns += losses.breakdowns.map {
        .init(utterance: part.lowerBound + $0.utterance, place: $0.place)
      }
      result.losses += losses.losses
    }
    return result
  }

  /// Neighbours that are computed together.
  private static func microBatches(_ frames: [Int]) -> [Range<Int>] {
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

  private func accumulateGradients(
    ofMicroBatch batch: [TrainingUtterance], _ options: StepOptions
  ) throws(CTCTargetError) -> StepLosses {
    try workspace.scope { () throws(CTCTargetError) in
      let clock = ContinuousClock()
      let start = clock.now
      let trace = forward(batch, options)
      let middle = clock.now
      defer {
        seconds.forward += (middle - start) / .seconds(1)
        seconds.backward += (clock.now - middle) / .seconds(1)
      }
      let dlogits = workspace.matrix(rows: trace.logits.rows, columns: trace.logits.columns)
      let loss = CTCLoss(blank: configuration.blank, reduction: options.reduction)
      let losses = try loss.evaluate(
        logits: trace.logits,
        targets: zip(trace.outputs, batch).map { CTCTarget(frames: $0.rows, labels: $1.labels) },
        utterances: options.utterancesOfStep, gradient: dlogits, on: compute
      ).losses
      backward(dlogits, trace, options)
      let breakdowns = losses.indices.filter { losses[$0].isNaN }.map {
        StepLosses.Breakdown(utterance: $0, place: trace.breakdown(ofUtterance: $0))
      }
      var result = StepLosses()
      result.losses = losses
      result.breakdowns = breakdowns
      return result
    }
  }

  /// Emissions of utterances, without anything random.
  public func emissions(for features: [MatrixBuffer]) -> [Emissions] {
    let options = StepOptions(seed: 0, step: 0, regularization: .none, reduction: .none, utterancesOfStep: 1)
    return Self.microBatches(features.map(\.matrix.rows)).flatMap { part in
      workspace.scope {
        let utterances = features[part].map { TrainingUtterance(features: $0, labels: [], key: 0) }
        let trace = forward(utterances, options, keepsNothing: true)
        return trace.outputs.map { output in
          let logits = trace.logits.rows(output.rows)
          let values = [Float](unsafeUninitializedCapacity: logits.rows * logits.columns) { buffer, count in
            count = logits.rows * logits.columns
            if count > 0 { compute.logSoftmax(logits, into: buffer.baseAddress!) }
          }
          return Emissions(frames: logits.rows, vocabularySize: logits.columns, logPosteriors: values)
        }
      }
    }
  }

  // MARK: Passes

  /// A forward pass and what was kept of it.
  private struct Trace {
    let utterances: [UtteranceRows]
    let front: TrainableFront.Kept
    /// Each layer's input, and what the last gives.
    var hidden: [Matrix]
    /// Nil for a layer that was skipped, is frozen, or is to be computed again.
    var layers: [TrainableTransformerLayer.Kept?]
    /// What the head's dropout sees, after the adapter.
    var encoded: Matrix
    var adapted: [TrainableConvolutionalAdapter.Kept]
    /// The rows of each utterance among the head's.
    var outputs: [UtteranceRows]
    var headInput: Matrix
    var logits: Matrix

    /// The first matrix that is not finite everywhere in the utterance's rows.
    func breakdown(ofUtterance index: Int) -> String {
      let rows = utterances[index].rows
      if !front.features.rows(rows).isFinite { return "the feature encoder" }
      if !front.projected.rows(rows).isFinite { return "feature_projection" }
      if !hidden[0].rows(rows).isFinite { return "encoder.pos_conv_embed" }
      for (layer, matrix) in hidden.dropFirst().enumerated() where !matrix.rows(rows).isFinite {
        return "encoder.layers.\(layer)"
      }
      return logits.rows(outputs[index].rows).isFinite ? "the CTC loss" : "lm_head"
    }
  }

  private func forward(
    _ batch: [TrainingUtterance], _ options: StepOptions, keepsNothing: Bool = false
  ) -> Trace {
    if !isPrepared {
      front.prepare(on: compute)
      isPrepared = true
    }
    let utterances = Self.rows(of: batch.map(\.features.matrix.rows), keys: batch.map(\.key))
    let frames = utterances.last?.rows.upperBound ?? 0
    let width = configuration.width
    let kept = front.keep(frames: frames, utterances: utterances, options, workspace)
    for (utterance, rows) in zip(batch, utterances.map(\.rows)) {
      precondition(
        utterance.features.matrix.columns == kept.features.columns,
        "features of \(utterance.features.matrix.columns) channels for a projection of \(kept.features.columns)"
      )
      for (frame, row) in rows.enumerated() {
        kept.features.row(row).update(
          from: utterance.features.matrix.row(frame), count: kept.features.columns)
      }
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
    return finish(
      Trace(
        utterances: utterances, front: kept, hidden: hidden, layers: keptLayers, encoded: hidden.last!,
        adapted: [], outputs: utterances, headInput: hidden.last!, logits: hidden.last!), options)
  }

  /// The rows of utterances that lie one behind the other.
  private static func rows(of frames: [Int], keys: [UInt32]) -> [UtteranceRows] {
    var start = 0
    return zip(frames, keys).map { count, key in
      defer { start += count }
      return UtteranceRows(rows: start..<start + count, key: key)
    }
  }

  /// From the last layer to logits.
  private func finish(_ trace: Trace, _ options: StepOptions) -> Trace {
    var trace = trace
    if let finalNorm {
      let normed = workspace.matrix(rows: trace.encoded.rows, columns: configuration.width)
      finalNorm.forward(trace.encoded, into: normed, on: compute)
      trace.encoded = normed
    }
    if let adapter {
      var results: [Matrix] = []
      for utterance in trace.utterances {
        let (result, kept) = adapter.forward(
          trace.encoded.rows(utterance.rows), workspace: workspace, on: compute)
        results.append(result)
        trace.adapted.append(kept)
      }
      trace.outputs = Self.rows(of: results.map(\.rows), keys: trace.utterances.map(\.key))
      trace.headInput = workspace.matrix(
        rows: trace.outputs.last?.rows.upperBound ?? 0, columns: configuration.headInputs)
      for (result, output) in zip(results, trace.outputs) {
        copy(result, into: trace.headInput.rows(output.rows))
      }
    } else {
      trace.headInput = trace.encoded
    }
    let dropout = headDropout(options)
    if !dropout.isOff {
      let dropped = workspace.matrix(rows: trace.headInput.rows, columns: trace.headInput.columns)
      dropout.apply(trace.headInput, into: dropped, utterances: trace.outputs, on: compute)
      trace.headInput = dropped
    }
    trace.logits = workspace.matrix(rows: trace.headInput.rows, columns: head.outputs)
    head.forward(trace.headInput, into: trace.logits, on: compute)
    return trace
  }

  private func headDropout(_ options: StepOptions) -> Dropout {
    Dropout(probability: options.regularization.finalDropout, random: options.source(Site.head()))
  }

  private func copy(_ source: Matrix, into target: Matrix) {
    for row in 0..<source.rows { target.row(row).update(from: source.row(row), count: source.columns) }
  }

  private func trains(layer: Int, _ options: StepOptions) -> Bool {
    !options.trainsHeadOnly && layer >= options.frozenLayers
  }

  private func backward(_ dlogits: Matrix, _ trace: Trace, _ options: StepOptions) {
    head.accumulateGradients(dlogits, input: trace.headInput, on: compute)
    if options.trainsHeadOnly { return }
    let frames = trace.hidden[0].rows
    workspace.scope {
      let dheadInput = workspace.matrix(rows: trace.headInput.rows, columns: trace.headInput.columns)
      head.backward(dlogits, into: dheadInput, on: compute)
      let dropout = headDropout(options)
      if !dropout.isOff {
        dropout.apply(dheadInput, into: dheadInput, utterances: trace.outputs, on: compute)
      }
      var dy = dheadInput
      if let adapter {
        dy = workspace.matrix(rows: frames, columns: configuration.width)
        for (index, utterance) in trace.utterances.enumerated() {
          adapter.backward(
            dheadInput.rows(trace.outputs[index].rows), input: trace.encoded.rows(utterance.rows),
            kept: trace.adapted[index], into: dy.rows(utterance.rows), workspace: workspace, on: compute)
        }
      }
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
      if trainsFront(options) {
        front.backward(
          dy, kept: trace.front, utterances: trace.utterances, options, workspace: workspace, on: compute)
      }
    }
  }
}
