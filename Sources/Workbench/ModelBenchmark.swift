import AcousticModel
import Checkpoints
import Tensors

/// Times the forward pass of a model, from a normalised waveform to emissions, without loading.
public final class ModelBenchmark {
  private let compute: Compute
  private let model: CTCModel
  private let sampleRate: Int
  private let peakOfOneCore: Double

  /// A checkpoint's model.
  public convenience init(model directory: String, threads: Int) throws {
    let compute = Compute(threads: threads, level: try .chosen())
    try self.init(CTCModel(directory: directory, on: compute), on: compute)
  }

  /// A model with random weights; a `config.json` is all it needs.
  public convenience init(configuration path: String, threads: Int) throws {
    let compute = Compute(threads: threads, level: try .chosen())
    let configuration = try ModelConfiguration(contentsOf: path)
    let weights = try RandomWeights(configuration: configuration).archive()
    try self.init(
      CTCModel(configuration: configuration, preprocessing: Preprocessing(), weights: weights, on: compute),
      on: compute)
  }

  private init(_ model: CTCModel, on compute: Compute) {
    self.model = model
    self.compute = compute
    sampleRate = model.preprocessing.sampleRate
    peakOfOneCore = compute.measuredPeakOfOneCore()
  }

  /// What was timed: architecture, kernels, the peak that fractions refer to.
  public var summary: String {
    let configuration = model.configuration
    return
      "\(configuration.architecture.rawValue), \(configuration.layers) layers of width \(configuration.width), "
      + "\(compute.threads) \(compute.threads == 1 ? "thread" : "threads"), \(compute.level.rawValue) kernels; "
      + "the peak of one core is \(decimals(peakOfOneCore * 1e-9, 1)) Gflop/s"
  }

  /// Times `runs` forward passes over one recording of noise, after one that is not counted.
  /// - Throws: an error if a recording of that length gives no frame.
  public func measure(audioSeconds: Double, runs: Int) throws -> ModelTiming {
    precondition(runs > 0, "\(runs) runs")
    let samples = Int((audioSeconds * Double(sampleRate)).rounded())
    guard model.configuration.frames(for: samples) > 0 else {
      throw BenchmarkError(
        "\(audioSeconds) s of audio give no frame; the model needs at least "
          + "\(Double(model.configuration.receptiveField) / Double(sampleRate)) s")
    }
    let waveform = Self.noise(samples)
    let inference = Inference(model: model, on: compute)
    let peakIsReset = PeakMemory.reset()
    var totals: [Double] = []
    var stages: [[Stage: Double]] = []
    for run in 0...runs {
      let times = StageTimes()
      let seconds = secondsTaken { _ = inference.emissions(for: [waveform], times: times) }
      guard run > 0 else { continue }
      totals.append(seconds)
      stages.append(times.seconds)
    }
    let others = zip(totals, stages).map { $0 - $1.values.reduce(0, +) }
    return ModelTiming(
      audioSeconds: audioSeconds, threads: compute.threads, runs: runs, seconds: median(totals),
      stages: Stage.allCases.map { stage in (stage, median(stages.map { $0[stage] ?? 0 })) },
      other: median(others),
      peakBytes: PeakMemory.bytes ?? 0, peakIncludesLoading: !peakIsReset,
      arithmetic: Arithmetic(model.configuration, samples: samples), peakOfOneCore: peakOfOneCore)
  }

  /// Mean 0 and variance 1, as far as a sum of uniform numbers goes.
  static func noise(_ count: Int) -> [Float] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      var sum: Float = 0
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
      }
      return sum
    }
  }
}

/// Why something cannot be timed, in one line.
public struct BenchmarkError: Error, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
