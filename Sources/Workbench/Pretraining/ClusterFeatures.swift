import AcousticModel
import Audio
import Clustering
import Hashing
import Synchronization
import Tensors
import Training

/// What is clustered: MFCCs of recordings, or hidden states of a model.
struct ClusterFeatures {
  private enum Front {
    case mfcc(MFCC)
    case states(HiddenStates, layer: Int)
  }

  private let front: Front
  /// Of a frame.
  let dimensions: Int
  let origin: FeatureOrigin

  /// - Parameters:
  ///   - layer: of `model`, as transformers numbers hidden states; nil for MFCCs.
  init(layer: Int?, model: String?, on compute: Compute) throws {
    guard let layer, let model else {
      let mfcc = MFCC()
      front = .mfcc(mfcc)
      dimensions = mfcc.width
      origin = FeatureOrigin(
        kind: .mfcc, framesPerSecond: Double(ClusterStage.sampleRate) / Double(ClusterStage.mfccHop))
      return
    }
    let states = try HiddenStates(directory: model, on: compute)
    front = .states(states, layer: layer)
    dimensions = states.configuration.width
    origin = FeatureOrigin(
      kind: .hiddenStates(model: try SHA256.hex(ofFile: "\(model)/model.safetensors"), layer: layer),
      framesPerSecond: Double(states.preprocessing.sampleRate) / Double(states.configuration.hop))
  }

  /// Seconds of audio that are in memory at a time.
  private static let batchSeconds = 120.0

  /// Calls `body` with the features of each utterance, (frames, dimensions) without gaps, in their order.
  /// - Returns: false if `shouldStop`, asked now and then, came between.
  /// - Throws: one line, for a recording that cannot be read any more; and what `body` throws.
  func forEach(
    of examples: [PretrainCorpus.Example], on compute: Compute, _ shouldStop: () -> Bool,
    _ body: (PretrainCorpus.Example, Matrix) throws -> Void
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
      for (example, frames) in zip(part, try features(of: part, on: compute)) {
        try body(example, frames.matrix)
      }
      first = end
    }
    return true
  }

  private func features(
    of examples: [PretrainCorpus.Example], on compute: Compute
  ) throws -> [MatrixBuffer] {
    let results = Mutex([Result<[Float], AudioError>](repeating: .success([]), count: examples.count))
    compute.run(tasks: examples.count) { task, _ in
      let result = load(examples[task])
      results.withLock { $0[task] = result }
    }
    let loaded = try results.withLock { try $0.map { try $0.get() } }
    switch front {
    case .mfcc: return loaded.map { MatrixBuffer($0, columns: dimensions) }
    case .states(let states, let layer): return states.states(of: loaded, layer: layer)
    }
  }

  /// The features of MFCC, or the waveform that a model wants.
  private func load(_ example: PretrainCorpus.Example) -> Result<[Float], AudioError> {
    let waveform: Waveform
    do throws(AudioError) {
      waveform = try example.row.waveform(sampleRate: ClusterStage.sampleRate)
    } catch { return .failure(error) }
    switch front {
    case .mfcc(let mfcc): return .success(mfcc.features(of: waveform.samples))
    case .states(let states, _):
      return .success(states.preprocessing.normalises ? waveform.normalized().samples : waveform.samples)
    }
  }
}
