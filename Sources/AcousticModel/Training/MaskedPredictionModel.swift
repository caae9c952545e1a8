import CKernels
import Layers
public import Tensors

/// The network with the head of pre-training (``MaskedPrediction``), and its gradients: everything is
/// trained, from the waveform on.
///
/// A step is cut into micro-batches as in ``TrainableModel``, and its results do not depend on the number of
/// threads either.
public final class MaskedPredictionModel {
  public let configuration: ModelConfiguration
  public let objective: MaskedPrediction
  public let parameters: ParameterStorage
  /// Those of the last ``computeGradients(_:options:)``.
  public let gradients: ParameterStorage
  public let compute: Compute

  private let backbone: TrainableBackbone
  private let head: MaskedPredictionHead
  private var isPrepared = false

  /// Seconds that the last step's forward and backward passes took, the loss in the latter.
  public private(set) var seconds = (forward: 0.0, backward: 0.0)

  /// - Parameter parameters: of the layout for pre-training; they may be changed between steps, with a call
  ///   to ``parametersDidChange()``.
  public init(
    configuration: ModelConfiguration, objective: MaskedPrediction, parameters: ParameterStorage,
    on compute: Compute
  ) {
    self.configuration = configuration
    self.objective = objective
    self.parameters = parameters
    self.compute = compute
    gradients = ParameterStorage(parameters.layout)
    let reader = ParameterReader(values: parameters, gradients: gradients)
    backbone = TrainableBackbone(configuration, reader, on: compute)
    head = MaskedPredictionHead(reader, temperature: objective.temperature, on: compute)
    precondition(
      head.classes == objective.classes, "\(head.classes) embeddings, \(objective.classes) classes")
  }

  /// Bytes that the workspace holds for activations and intermediate results.
  public var workspaceBytes: Int { backbone.workspace.bytes }

  /// To be called after the parameters have been changed, and before the next pass.
  public func parametersDidChange() {
    isPrepared = false
    backbone.parametersDidChange()
  }

  /// Overwrites ``gradients`` with those of the objective over `batch`.
  ///
  /// `options.regularization.timeMask` says which frames are masked; of the options that concern CTC none is
  /// read. A step without masked frames (and no weight on the others) has only the penalty.
  public func computeGradients(_ batch: [PretrainingUtterance], options: StepOptions) -> PretrainingFigures {
    gradients.clear(on: compute)
    return run(batch, options, learns: true)
  }

  /// The objective over `batch`, without gradients and without dropout; frames are masked as in training.
  public func evaluate(_ batch: [PretrainingUtterance], options: StepOptions) -> PretrainingFigures {
    var quiet = options
    quiet.regularization = Regularization()
    quiet.regularization.timeMask = options.regularization.timeMask
    return run(batch, quiet, learns: false)
  }

  /// The step's frames, and how each counts.
  private struct Plan {
    let utterances: [PretrainingUtterance]
    let frames: [Int]
    /// Whether each frame of each utterance is masked.
    let masked: [[Bool]]
    let maskedWeight: Float
    let unmaskedWeight: Float
    let allFrames: Int
  }

  private func plan(_ batch: [PretrainingUtterance], _ options: StepOptions) -> Plan {
    let frames = batch.map { backbone.frames(of: .waveform($0.waveform)) }
    for (utterance, count) in zip(batch, frames) {
      precondition(
        count > 0 && utterance.targets.count == count,
        "\(utterance.targets.count) targets for \(count) frames")
    }
    let masked = zip(batch, frames).map { utterance, count in
      backbone.masks(frames: count, utterance: utterance.key, options).frames
        ?? [Bool](repeating: false, count: count)
    }
    let maskedCount = masked.reduce(0) { $0 + $1.count { $0 } }
    let all = frames.reduce(0, +)
    let counted =
      (objective.maskedWeight > 0 ? maskedCount : 0) + (objective.unmaskedWeight > 0 ? all - maskedCount : 0)
    return Plan(
      utterances: batch, frames: frames, masked: masked,
      maskedWeight: Float(objective.maskedWeight / Double(max(counted, 1))),
      unmaskedWeight: Float(objective.unmaskedWeight / Double(max(counted, 1))), allFrames: all)
  }

  private func run(
    _ batch: [PretrainingUtterance], _ options: StepOptions, learns: Bool
  ) -> PretrainingFigures {
    seconds = (0, 0)
    if !isPrepared {
      head.prepare()
      isPrepared = true
    }
    let plan = plan(batch, options)
    var figures = PretrainingFigures(classes: objective.classes)
    for part in TrainableBackbone.microBatches(plan.frames) {
      run(part, of: plan, options, learns: learns, &figures)
    }
    if learns {
      head.finishGradients()
      backbone.finishGradients(options)
    }
    // What has been summed becomes means.
    let counted =
      (objective.maskedWeight > 0 ? figures.maskedFrames : 0)
      + (objective.unmaskedWeight > 0 ? figures.unmaskedFrames : 0)
    figures.featurePenalty /= Double(
      max(1, plan.allFrames * configuration.convolutionChannels[configuration.convolutionChannels.count - 1]))
    figures.loss =
      (objective.maskedWeight * figures.maskedLoss + objective.unmaskedWeight * figures.unmaskedLoss)
      / Double(max(1, counted)) + objective.featurePenalty * figures.featurePenalty
    figures.maskedLoss /= Double(max(1, figures.maskedFrames))
    figures.unmaskedLoss /= Double(max(1, figures.unmaskedFrames))
    figures.maskedAccuracy /= Double(max(1, figures.maskedFrames))
    figures.unmaskedAccuracy /= Double(max(1, figures.unmaskedFrames))
    return figures
  }

  /// One micro-batch: adds to the gradients, and sums to the figures.
  private func run(
    _ part: Range<Int>, of plan: Plan, _ options: StepOptions, learns: Bool,
    _ figures: inout PretrainingFigures
  ) {
    let clock = ContinuousClock()
    let start = clock.now
    let workspace = backbone.workspace
    workspace.scope {
      let utterances = plan.utterances[part]
      let trace = backbone.forward(
        utterances.map { .waveform($0.waveform) }, keys: utterances.map(\.key), options,
        keepsNothing: !learns)
      let middle = clock.now
      let masked = plan.masked[part].flatMap(\.self)
      let targets = utterances.flatMap(\.targets)
      let dencoded = workspace.matrix(rows: masked.count, columns: configuration.width)
      let outcome = head.evaluate(
        trace.encoded, targets: targets,
        weights: learns ? masked.map { $0 ? plan.maskedWeight : plan.unmaskedWeight } : nil, into: dencoded,
        workspace: workspace)
      add(outcome, masked: masked, targets: targets, to: &figures)
      let features = trace.front.features
      for row in 0..<features.rows {
        figures.featurePenalty += Double(
          compute.kernels.dot(features.row(row), features.row(row), features.columns))
      }
      if figures.breakdown == nil,
        let broken = trace.utterances.firstIndex(where: { $0.rows.contains { !outcome.loss[$0].isFinite } })
      {
        figures.breakdown = StepLosses.Breakdown(
          utterance: part.lowerBound + broken,
          place: trace.breakdown(ofUtterance: broken) ?? "final_proj")
      }
      if learns {
        let elements = Double(plan.allFrames * features.columns)
        backbone.backward(
          dencoded, trace, options,
          features: TrainableBackbone.FeatureGradient(
            scale: objective.encoderGradientScale,
            penalty: Float(2 * objective.featurePenalty / max(elements, 1))))
      }
      seconds.forward += (middle - start) / .seconds(1)
      seconds.backward += (clock.now - middle) / .seconds(1)
    }
  }

  private func add(
    _ outcome: MaskedPredictionHead.Outcome, masked: [Bool], targets: [Int],
    to figures: inout PretrainingFigures
  ) {
    for frame in masked.indices {
      let isRight = outcome.best[frame] == targets[frame]
      if masked[frame] {
        figures.maskedFrames += 1
        figures.maskedLoss += outcome.loss[frame]
        figures.maskedAccuracy += isRight ? 1 : 0
        figures.predicted[outcome.best[frame]] += 1
        figures.targets[targets[frame]] += 1
      } else {
        figures.unmaskedFrames += 1
        figures.unmaskedLoss += outcome.loss[frame]
        figures.unmaskedAccuracy += isRight ? 1 : 0
      }
    }
  }
}
