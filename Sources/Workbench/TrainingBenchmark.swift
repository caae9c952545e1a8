import AcousticModel
import CTC
import JSON
import Tensors
import Training

/// Times steps of fine-tuning on noise: forward and backward pass, and the optimizer, from features on, as
/// they are when a feature cache is warm.
public struct TrainingBenchmark {
  private let trainer: Trainer
  private let compute: Compute
  private let lengths: [Double]
  private let dropout: Double
  private let batch: [TrainingUtterance]
  private let samples: [Int]

  /// - Parameters:
  ///   - model: a MODEL directory; nil for random weights of `configuration`.
  ///   - lengths: seconds of each utterance; as many labels as 14 a second.
  ///   - dropout: hidden, activation, attention and final dropout.
  public init(
    model: String?, configuration path: String?, lengths: [Double], dropout: Double,
    checkpointsActivations: Bool, threads: Int
  ) throws {
    compute = Compute(threads: threads, level: try KernelLevel.chosen())
    var options = FinetuneOptions()
    options.model = model
    options.initialConfiguration = path
    let source = try FinetuneModel(options, from: nil)
    let weights = try source.weightsToTime(on: compute)
    let configuration = weights.configuration
    samples = lengths.map { Int($0 * Double(source.preprocessing.sampleRate)) }
    guard samples.allSatisfy({ configuration.frames(for: $0) > 0 }) else {
      throw BenchmarkError("--lengths: one is shorter than a frame of the model")
    }
    self.lengths = lengths
    self.dropout = dropout
    var settings = TrainerSettings(schedule: LearningRateSchedule(.constant, peak: 1e-5, steps: 1_000_000))
    settings.clip = 1
    settings.regularization.hiddenDropout = Float(dropout)
    settings.regularization.activationDropout = Float(dropout)
    settings.regularization.attentionDropout = Float(dropout)
    settings.regularization.finalDropout = Float(dropout)
    settings.regularization.timeMask = Regularization.SpanMask(probability: 0.05, length: 10, minimum: 2)
    settings.checkpointsActivations = checkpointsActivations
    batch = samples.enumerated().map { index, count in
      let frames = configuration.featureFrames(for: count).last ?? 0
      let channels = configuration.convolutionChannels.last ?? 1
      let features = MatrixBuffer(ModelBenchmark.noise(frames * channels), columns: channels)
      let labels = (0..<min(frames / 2, max(1, Int(lengths[index] * 14)))).map {
        1 + ($0 * 7 + index) % (configuration.vocabularySize - 1)
      }
      return TrainingUtterance(
        features: features, labels: labels.map { $0 == configuration.blank ? 0 : $0 }, key: UInt32(index))
    }
    trainer = Trainer(weights, settings: settings, on: compute)
  }

  /// - Parameter runs: steps that count, after one to warm up.
  public func measure(runs: Int) throws -> TrainingTiming {
    var times: [[Double]] = []
    for run in 0...runs {
      let start = monotonicSeconds()
      _ = try trainer.update([batch])
      let seconds = monotonicSeconds() - start
      let (forward, backward) = trainer.model.seconds
      if run > 0 { times.append([forward, backward, seconds - forward - backward, seconds]) }
    }
    let medians = (0..<4).map { part in median(times.map { $0[part] }) }
    let peak = compute.measuredPeakOfOneCore()
    let seconds = medians[3]
    let operations = Arithmetic.ofTrainingStep(trainer.weights.configuration, samples: samples)
    return TrainingTiming(
      lengths: lengths, threads: compute.threads, dropout: dropout, runs: runs, seconds: seconds,
      forward: medians[0], backward: medians[1], optimizer: medians[2], peakBytes: PeakMemory.bytes ?? 0,
      fractionOfPeak: operations / seconds / (peak * Double(min(compute.threads, availableProcessors()))),
      keptBytesPerFrame: trainer.model.keptBytesPerFrame, workspaceBytes: trainer.model.workspaceBytes)
  }
}

/// What a ``TrainingBenchmark`` measured: medians.
public struct TrainingTiming: Sendable {
  public let lengths: [Double]
  public let threads: Int
  public let dropout: Double
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
  /// What is kept of each frame from the forward to the backward pass, by part of the network.
  public let keptBytesPerFrame: [(part: String, bytes: Int)]
  /// What activations and intermediate results took together.
  public let workspaceBytes: Int

  /// One line.
  public var json: String {
    let document: JSONValue = [
      "bench": "train", "lengths": .array(lengths.map { .number($0) }), "threads": .integer(Int64(threads)),
      "precision": "fp32", "dropout": .number(dropout), "seconds": .number(seconds),
      "forward": .number(forward), "backward": .number(backward), "optimizer": .number(optimizer),
      "peak_bytes": .integer(Int64(peakBytes)), "fraction_of_peak": .number(fractionOfPeak),
      "runs": .integer(Int64(runs)), "workspace_bytes": .integer(Int64(workspaceBytes)),
      "kept_bytes_per_frame": .object(
        keptBytesPerFrame.reduce(into: JSONObject()) { $0[$1.part] = .integer(Int64($1.bytes)) }),
    ]
    return document.text(.spaced)
  }

  /// `2.0 kB front, 33.8 kB a layer, 3.3 kB head`, layers alike.
  private var kept: String {
    var parts: [(String, Int)] = []
    for (part, bytes) in keptBytesPerFrame {
      let name = part.hasPrefix("encoder.layers.") ? "a layer" : part
      if parts.last.map({ $0 != (name, bytes) }) ?? true { parts.append((name, bytes)) }
    }
    return parts.map { "\(decimals(Double($1) / 1000, 1)) kB \($0)" }.joined(separator: ", ")
  }

  /// A line for the step, one for its parts and one for its memory.
  public var text: String {
    let audio = lengths.reduce(0, +)
    return """
      \(decimals(audio, 1)) s of audio in \(lengths.count) utterances, dropout \(dropout): \(decimals(seconds, 3)) s a step \
      (median of \(runs)), \(decimals(100 * fractionOfPeak, 1)) % of peak, memory at most \(megabytes(peakBytes))
        forward \(decimals(forward, 3)) s, backward \(decimals(backward, 3)) s, optimizer \(decimals(optimizer, 3)) s
        activations \(megabytes(workspaceBytes)); kept of a frame: \(kept)
      """
  }
}
