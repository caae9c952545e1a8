import AcousticModel
import CTC
import JSON
import Tensors
import Training

/// Times steps of pre-training on noise: forward and backward pass from the waveform on, everything trained,
/// and the optimizer.
public struct PretrainingBenchmark {
  private let model: MaskedPredictionModel
  private let optimizer: AdamW
  private let trainable: TrainableEntries
  private let batch: [PretrainingUtterance]
  private let options: StepOptions
  private let lengths: [Double]
  private let dropout: Double

  /// - Parameters:
  ///   - path: a `config.json`, for random weights of it; nil for HuBERT's base configuration.
  ///   - lengths: seconds of each utterance.
  ///   - dropout: hidden, activation, attention and feature projection's dropout.
  /// - Throws: an error that names the configuration, or the length that gives no frame.
  public init(
    configuration path: String?, clusters: Int, lengths: [Double], dropout: Double, threads: Int
  ) throws {
    let compute = Compute(threads: threads, level: try KernelLevel.chosen())
    let configuration =
      try path.map { try ModelConfiguration(contentsOf: $0, acceptsPretrained: true) }
      ?? ModelConfiguration()
    let samples = lengths.map { Int($0 * Double(Preprocessing().sampleRate)) }
    let frames = samples.map { configuration.featureFrames(for: $0).last ?? 0 }
    guard frames.allSatisfy({ $0 > 0 }) else {
      throw BenchmarkError("--lengths: one is shorter than a frame of the model")
    }
    let objective = MaskedPrediction(classes: clusters)
    let layout = ParameterLayout(pretraining: configuration, objective)
    let parameters = ParameterStorage(layout)
    let weights = RandomWeights(configuration: configuration)
    for (place, entry) in layout.entries.enumerated() {
      parameters.set(entry, to: weights.values(name: entry.name, shape: entry.shape, place: place))
    }
    batch = zip(samples, frames).enumerated().map { index, extent in
      PretrainingUtterance(
        waveform: ModelBenchmark.noise(extent.0),
        targets: (0..<extent.1).map { ($0 / 3 * 7 + index) % clusters }, key: UInt32(index))
    }
    model = MaskedPredictionModel(
      configuration: configuration, objective: objective, parameters: parameters, on: compute)
    var settings = AdamW.Settings()
    settings.epsilon = 1e-6
    optimizer = AdamW(layout, settings: settings)
    trainable = TrainableEntries(layout)
    var regularization = Regularization()
    regularization.hiddenDropout = Float(dropout)
    regularization.activationDropout = Float(dropout)
    regularization.attentionDropout = Float(dropout)
    regularization.featureProjectionDropout = Float(dropout)
    regularization.timeMask = Regularization.SpanMask(probability: 0.8, length: 10, minimum: 2)
    options = StepOptions(
      seed: 1, step: 0, regularization: regularization, reduction: .sum, utterancesOfStep: batch.count)
    self.lengths = lengths
    self.dropout = dropout
  }

  /// - Parameter runs: steps that count, after one to warm up.
  /// - Throws: an error if the network breaks down.
  public func measure(runs: Int) throws -> PretrainingTiming {
    var options = options
    var times: [[Double]] = []
    for run in 0...runs {
      options.step = run + 1
      let start = monotonicSeconds()
      let figures = model.computeGradients(batch, options: options)
      let outcome = optimizer.step(
        model.parameters, gradients: model.gradients, trainable: trainable, learningRate: 1e-5, clip: 10,
        on: model.compute)
      model.parametersDidChange()
      let seconds = monotonicSeconds() - start
      guard figures.loss.isFinite && !outcome.isSkipped else {
        throw BenchmarkError("the loss of step \(run + 1) is \(figures.loss): nothing to time")
      }
      let (forward, backward) = model.seconds
      if run > 0 { times.append([forward, backward, seconds - forward - backward, seconds]) }
    }
    let medians = (0..<4).map { part in median(times.map { $0[part] }) }
    let peak = model.compute.measuredPeakOfOneCore()
    let operations = Arithmetic.ofPretrainingStep(
      model.configuration, model.objective, samples: batch.map(\.waveform.count))
    let threads = model.compute.threads
    return PretrainingTiming(
      lengths: lengths, threads: threads, dropout: dropout, clusters: model.objective.classes, runs: runs,
      seconds: medians[3], forward: medians[0], backward: medians[1], optimizer: medians[2],
      peakBytes: PeakMemory.bytes ?? 0,
      fractionOfPeak: operations / medians[3] / (peak * Double(min(threads, availableProcessors()))),
      workspaceBytes: model.workspaceBytes)
  }
}

/// What a ``PretrainingBenchmark`` measured: medians.
public struct PretrainingTiming: Sendable {
  public let lengths: [Double]
  public let threads: Int
  public let dropout: Double
  public let clusters: Int
  public let runs: Int
  public let seconds: Double
  public let forward: Double
  /// The loss included.
  public let backward: Double
  /// Clearing gradients, clipping and the update.
  public let optimizer: Double
  /// Most memory resident since the process began.
  public let peakBytes: Int
  /// Nominal arithmetic over what the machine could do in the time.
  public let fractionOfPeak: Double
  /// What activations and intermediate results took together.
  public let workspaceBytes: Int

  /// One line.
  public var json: String {
    let document: JSONValue = [
      "bench": "pretrain", "lengths": .array(lengths.map { .number($0) }),
      "threads": .integer(Int64(threads)),
      "precision": "fp32", "dropout": .number(dropout), "clusters": .integer(Int64(clusters)),
      "seconds": .number(seconds), "forward": .number(forward), "backward": .number(backward),
      "optimizer": .number(optimizer), "peak_bytes": .integer(Int64(peakBytes)),
      "fraction_of_peak": .number(fractionOfPeak), "runs": .integer(Int64(runs)),
      "workspace_bytes": .integer(Int64(workspaceBytes)),
    ]
    return document.text(.spaced)
  }

  /// A line for the step, and one for its parts and memory.
  public var text: String {
    """
    \(decimals(lengths.reduce(0, +), 1)) s of audio in \(lengths.count) utterances, \(clusters) clusters, dropout \
    \(dropout): \(decimals(seconds, 3)) s a step (median of \(runs)), \(decimals(100 * fractionOfPeak, 1)) % of peak, \
    memory at most \(megabytes(peakBytes))
      forward \(decimals(forward, 3)) s, backward \(decimals(backward, 3)) s, optimizer \(decimals(optimizer, 3)) s; \
    activations \(megabytes(workspaceBytes))
    """
  }
}
