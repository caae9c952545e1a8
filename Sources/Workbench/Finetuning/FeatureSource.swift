import AcousticModel
import Audio
import Tensors
import Training

/// What the network that is trained sees of utterances: their features, out of the cache or from their audio;
/// or their waveforms, where the feature encoder is trained too.
final class FeatureSource {
  /// nil where it is trained.
  private let encoder: FrozenFeatureEncoder?
  /// Decoded recordings, while there is room: without a feature cache each would be decoded in every epoch.
  private var waveforms: [String: Waveform] = [:]
  private var waveformBytes = 0
  private static let mostWaveformBytes = 1 << 30
  private let preprocessing: Preprocessing
  private let cache: FeatureCache?
  private let augmentation: Augmentation?
  private let configuration: ModelConfiguration
  /// Utterances whose features were computed, rather than found.
  private(set) var computed = 0
  private(set) var found = 0

  init(
    encoder: FrozenFeatureEncoder?, configuration: ModelConfiguration, preprocessing: Preprocessing,
    cache: FeatureCache?, augmentation: Augmentation?
  ) {
    self.encoder = encoder
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.cache = cache
    self.augmentation = augmentation
  }

  /// For evaluation: nothing is changed at random.
  func input(of example: FinetuneCorpus.Example) throws -> TrainingInput {
    try input(of: example, drawn: nil, key: FeatureKey(audioHash: example.audioHash))
  }

  /// For training in an epoch, from 0.
  func input(of example: FinetuneCorpus.Example, epoch: Int) throws -> TrainingInput {
    guard let augmentation else { return try input(of: example) }
    let draw = augmentation.draw(epoch: epoch, utterance: utteranceKey(ofID: example.row.id)) { speed in
      let samples = Int(example.seconds * Double(self.preprocessing.sampleRate) / speed) - 1
      return self.configuration.frames(for: samples) >= fewestFrames(for: example.labels)
    }
    return try input(of: example, drawn: draw, key: draw.featureKey(audioHash: example.audioHash))
  }

  private func input(
    of example: FinetuneCorpus.Example, drawn: Augmentation.Draw?, key: FeatureKey?
  ) throws -> TrainingInput {
    guard let encoder else {
      return .waveform(try waveform(of: example, drawn: drawn, recorded: try recording(of: example)).samples)
    }
    if let key, let kept = cache?.features(for: key) {
      found += 1
      let features = MatrixBuffer(rows: kept.frames, columns: kept.channels)
      kept.copy(into: features.matrix)
      return .features(features)
    }
    computed += 1
    let waveform = try waveform(
      of: example, drawn: drawn,
      recorded: try example.row.waveform(sampleRate: preprocessing.sampleRate))
    let features = encoder.features(of: waveform.samples)
    if let key { cache?.store(features.matrix, for: key) }
    return .features(features)
  }

  private func recording(of example: FinetuneCorpus.Example) throws -> Waveform {
    if let kept = waveforms[example.row.id] { return kept }
    let waveform = try example.row.waveform(sampleRate: preprocessing.sampleRate)
    let bytes = waveform.samples.count * MemoryLayout<Float>.stride
    if waveformBytes + bytes <= Self.mostWaveformBytes {
      waveforms[example.row.id] = waveform
      waveformBytes += bytes
    }
    return waveform
  }

  /// As the network takes it, with what has been drawn done to it.
  private func waveform(
    of example: FinetuneCorpus.Example, drawn: Augmentation.Draw?, recorded: Waveform
  ) throws -> Waveform {
    var waveform = recorded
    if let augmentation, let drawn {
      waveform = Waveform(
        samples: try augmentation.apply(drawn, to: waveform.samples, sampleRate: preprocessing.sampleRate),
        sampleRate: waveform.sampleRate)
    }
    return preprocessing.normalises ? waveform.normalized() : waveform
  }
}

/// Frames that CTC needs for labels: one for each, and a blank between equal neighbours.
private func fewestFrames(for labels: [Int]) -> Int {
  labels.count + zip(labels, labels.dropFirst()).count { $0 == $1 }
}
