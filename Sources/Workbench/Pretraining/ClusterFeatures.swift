import AcousticModel
import Audio
import Checkpoints
import Clustering
import Hashing
import Synchronization
import Tensors
import Training

/// What is clustered: MFCCs of recordings, or hidden states of a model.
struct ClusterFeatures {
  private enum Front {
    case mfcc(MFCC)
    case states(FeaturePipeline)
  }

  private let front: Front
  /// Of a frame.
  let dimensions: Int
  let origin: FeatureOrigin

  /// - Parameters:
  ///   - layer: of `model`, as transformers numbers hidden states; nil for MFCCs.
  init(layer: Int?, model: String?, threads: Int) throws {
    guard let layer, let model else {
      let mfcc = MFCC()
      front = .mfcc(mfcc)
      dimensions = mfcc.width
      origin = FeatureOrigin(
        kind: .mfcc, framesPerSecond: Double(ClusterStage.sampleRate) / Double(ClusterStage.mfccHop))
      return
    }
    let configuration = try ModelConfiguration(contentsOf: "\(model)/config.json", acceptsPretrained: true)
    front = .states(
      try FeaturePipeline(modelDirectory: model, layer: .hidden(layer), type: .float32, threads: threads))
    dimensions = configuration.width
    origin = FeatureOrigin(
      kind: .hiddenStates(model: try SHA256.hex(ofFile: "\(model)/model.safetensors"), layer: layer),
      framesPerSecond: Double(ClusterStage.sampleRate) / Double(configuration.hop))
  }

  /// Calls `body` with the features of each utterance, (frames, ``dimensions``) row-major, in their order.
  /// - Returns: false if `shouldStop`, asked now and then, came between.
  /// - Throws: one line, for a recording that cannot be read any more; and what `body` throws.
  func forEach(
    of examples: [PretrainCorpus.Example], on compute: Compute, _ shouldStop: () -> Bool,
    _ body: (PretrainCorpus.Example, [Float]) throws -> Void
  ) throws -> Bool {
    switch front {
    case .mfcc(let mfcc): try forEach(of: examples, mfcc, on: compute, shouldStop, body)
    case .states(let pipeline): try forEach(of: examples, pipeline, shouldStop, body)
    }
  }

  private func forEach(
    of examples: [PretrainCorpus.Example], _ pipeline: FeaturePipeline, _ shouldStop: () -> Bool,
    _ body: (PretrainCorpus.Example, [Float]) throws -> Void
  ) throws -> Bool {
    let entries = examples.map { example in
      InputEntry.utterance(
        Utterance(
          id: example.row.id, sound: .file(path: example.row.audioPath),
          interval: example.row.offsetSeconds.map {
            .init(offsetSeconds: $0, durationSeconds: example.row.durationSeconds)
          }))
    }
    var done = 0
    try pipeline.run(entries, shouldStop: shouldStop) { event in
      switch event {
      case .features(_, let rows, _):
        try body(examples[done], rows.values)
        done += 1
      case .failure(let failure): throw failure
      case .underway: break
      }
    }
    return done == examples.count
  }

  /// Seconds of audio whose MFCCs are in memory at a time.
  private static let batchSeconds = 120.0

  private func forEach(
    of examples: [PretrainCorpus.Example], _ mfcc: MFCC, on compute: Compute, _ shouldStop: () -> Bool,
    _ body: (PretrainCorpus.Example, [Float]) throws -> Void
  ) throws -> Bool {
    var first = 0
    while first < examples.count {
      if shouldStop() { return false }
      var end = first
      var seconds = 0.0
      while end < examples.count, end == first || seconds + examples[end].row.seconds <= Self.batchSeconds {
        seconds += examples[end].row.seconds
        end += 1
      }
      let part = Array(examples[first..<end])
      let results = Mutex([Result<[Float], AudioError>](repeating: .success([]), count: part.count))
      compute.run(tasks: part.count) { task, _ in
        let result = Self.features(of: part[task], mfcc)
        results.withLock { $0[task] = result }
      }
      for (example, result) in zip(part, results.withLock { $0 }) { try body(example, try result.get()) }
      first = end
    }
    return true
  }

  private static func features(
    of example: PretrainCorpus.Example, _ mfcc: MFCC
  ) -> Result<[Float], AudioError> {
    do throws(AudioError) {
      return .success(
        mfcc.features(of: try example.row.waveform(sampleRate: ClusterStage.sampleRate).samples))
    } catch { return .failure(error) }
  }
}
