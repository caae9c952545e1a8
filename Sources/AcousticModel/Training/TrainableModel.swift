public import CTC
import Layers
public import Tensors

/// The network with its CTC head, and its gradients written out by hand.
///
/// The feature encoder is frozen, and utterances come as its features; or, if the parameters hold it
/// (`ParameterLayout(_:trainsFeatureEncoder:)`), it is trained too, and they come as waveforms.
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

  private let backbone: TrainableBackbone
  private let adapter: TrainableConvolutionalAdapter?
  private let head: TrainableLinear
  private var workspace: Workspace { backbone.workspace }
  private var isPrepared = false

  /// Seconds that forward and backward passes have taken since ``clearGradients()``, the loss in the latter.
  public private(set) var seconds = (forward: 0.0, backward: 0.0)

  /// Frames that are computed together.
  public static var framesPerMicroBatch: Int { TrainableBackbone.framesPerMicroBatch }

  /// - Parameter parameters: of the configuration's layout; they may be changed between steps, with a call to
  ///   ``parametersDidChange()``.
  public init(configuration: ModelConfiguration, parameters: ParameterStorage, on compute: Compute) {
    self.configuration = configuration
    self.parameters = parameters
    self.compute = compute
    gradients = ParameterStorage(parameters.layout)
    let reader = ParameterReader(values: parameters, gradients: gradients)
    let prefix = configuration.architecture.modelType
    backbone = TrainableBackbone(configuration, reader, on: compute)
    adapter = configuration.adapter.map {
      TrainableConvolutionalAdapter($0, inputs: configuration.width, reader, prefix: "\(prefix).adapter")
    }
    head = reader.linear("lm_head")
  }

  /// Bytes that are kept of each frame from the forward to the backward pass, by part of the network, a
  /// trained feature encoder aside.
  public var keptBytesPerFrame: [(part: String, bytes: Int)] {
    let last = configuration.headInputs + 2 * configuration.vocabularySize
    return backbone.keptBytesPerFrame + [("head", last * MemoryLayout<Float>.stride)]
  }

  /// Bytes that the workspace holds for activations and intermediate results.
  public var workspaceBytes: Int { workspace.bytes }

  // MARK: Gradients

  public func clearGradients() {
    gradients.clear(on: compute)
    seconds = (0, 0)
  }

  /// To be called after the parameters have been changed, and before the next pass.
  public func parametersDidChange() {
    isPrepared = false
    backbone.parametersDidChange()
  }

  /// Completes the gradients of a step, after the last ``accumulateGradients(_:options:)``.
  public func finishGradients(_ options: StepOptions) {
    if options.trainsHeadOnly { return }
    adapter?.finishGradients(on: compute)
    backbone.finishGradients(options)
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
    for part in TrainableBackbone.microBatches(batch.map { backbone.frames(of: $0.input) }) {
      let losses = try accumulateGradients(ofMicroBatch: Array(batch[part]), options)
      result.breakdowns += losses.breakdowns.map {
        .init(utterance: part.lowerBound + $0.utterance, place: $0.place)
      }
      result.losses += losses.losses
    }
    return result
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
  public func emissions(for inputs: [TrainingInput]) -> [Emissions] {
    let options = StepOptions(seed: 0, step: 0, regularization: .none, reduction: .none, utterancesOfStep: 1)
    return TrainableBackbone.microBatches(inputs.map { backbone.frames(of: $0) }).flatMap { part in
      workspace.scope {
        let utterances = inputs[part].map { TrainingUtterance($0, labels: [], key: 0) }
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
    let backbone: TrainableBackbone.Trace
    var adapted: [TrainableConvolutionalAdapter.Kept] = []
    /// The rows of each utterance among the head's.
    var outputs: [UtteranceRows]
    var headInput: Matrix
    var logits: Matrix

    /// The first matrix that is not finite everywhere in the utterance's rows.
    func breakdown(ofUtterance index: Int) -> String {
      backbone.breakdown(ofUtterance: index)
        ?? (logits.rows(outputs[index].rows).isFinite ? "the CTC loss" : "lm_head")
    }
  }

  private func forward(
    _ batch: [TrainingUtterance], _ options: StepOptions, keepsNothing: Bool = false
  ) -> Trace {
    if !isPrepared {
      adapter?.prepare(on: compute)
      isPrepared = true
    }
    let encoded = backbone.forward(
      batch.map(\.input), keys: batch.map(\.key), options, keepsNothing: keepsNothing)
    var trace = Trace(
      backbone: encoded, outputs: encoded.utterances, headInput: encoded.encoded, logits: encoded.encoded)
    if let adapter {
      var results: [Matrix] = []
      for utterance in encoded.utterances {
        let (result, kept) = adapter.forward(
          encoded.encoded.rows(utterance.rows), workspace: workspace, on: compute)
        results.append(result)
        trace.adapted.append(kept)
      }
      trace.outputs = TrainableBackbone.rows(
        of: results.map(\.rows), keys: encoded.utterances.map(\.key))
      trace.headInput = workspace.matrix(
        rows: trace.outputs.last?.rows.upperBound ?? 0, columns: configuration.headInputs)
      for (result, output) in zip(results, trace.outputs) {
        copy(result, into: trace.headInput.rows(output.rows))
      }
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

  private func backward(_ dlogits: Matrix, _ trace: Trace, _ options: StepOptions) {
    head.accumulateGradients(dlogits, input: trace.headInput, on: compute)
    if options.trainsHeadOnly { return }
    workspace.scope {
      let dheadInput = workspace.matrix(rows: trace.headInput.rows, columns: trace.headInput.columns)
      head.backward(dlogits, into: dheadInput, on: compute)
      let dropout = headDropout(options)
      if !dropout.isOff {
        dropout.apply(dheadInput, into: dheadInput, utterances: trace.outputs, on: compute)
      }
      var dencoded = dheadInput
      if let adapter {
        let encoded = trace.backbone.encoded
        dencoded = workspace.matrix(rows: encoded.rows, columns: configuration.width)
        for (index, utterance) in trace.backbone.utterances.enumerated() {
          adapter.backward(
            dheadInput.rows(trace.outputs[index].rows), input: encoded.rows(utterance.rows),
            kept: trace.adapted[index], into: dencoded.rows(utterance.rows), workspace: workspace, on: compute
          )
        }
      }
      backbone.backward(dencoded, trace.backbone, options)
    }
  }
}
