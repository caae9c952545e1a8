import AcousticModel
import Audio
import Tensors
import Training

/// Features of utterances: out of the cache, or from their audio.
final class FeatureSource {
  private let encoder: FrozenFeatureEncoder
  private let preprocessing: Preprocessing
  private let cache: FeatureCache?
  private let augmentation: Augmentation?
  private let configuration: ModelConfiguration
  /// Utterances whose features were computed, rather than found.
  private(set) var computed = 0
  private(set) var found = 0

  init(
    encoder: FrozenFeatureEncoder, configuration: ModelConfiguration, preprocessing: Preprocessing,
    cache: FeatureCache?, augmentation: Augmentation?
  ) {
    self.encoder = encoder
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.cache = cache
    self.augmentation = augmentation
  }

  /// The features for evaluation: nothing is changed at random.
  func features(of example: FinetuneCorpus.Example) throws -> MatrixBuffer {
    try features(of: example, drawn: nil, key: FeatureKey(audioHash: example.audioHash))
  }

  /// The features for training in an epoch, from 0.
  func features(of example: FinetuneCorpus.Example, epoch: Int) throws -> MatrixBuffer {
    guard let augmentation else { return try features(of: example) }
    let draw = augmentation.draw(epoch: epoch, utterance: utteranceKey(ofID: example.row.id)) { speed in
      let samples = Int(example.seconds * Double(self.preprocessing.sampleRate) / speed) - 1
      return self.configuration.frames(for: samples) >= fewestFrames(for: example.labels)
    }
    return try features(of: example, drawn: draw, key: draw.featureKey(audioHash: example.audioHash))
  }

  private func features(
    of example: FinetuneCorpus.Example, drawn: Augmentation.Draw?, key: FeatureKey?
  ) throws -> MatrixBuffer {
    if let key, let kept = cache?.features(for: key) {
      found += 1
      let features = MatrixBuffer(rows: kept.frames, columns: kept.channels)
      kept.copy(into: features.matrix)
      return features
    }
    computed += 1
    var waveform = try example.row.waveform(sampleRate: preprocessing.sampleRate)
    if let augmentation, let drawn {
      waveform = Waveform(
        samples: try augmentation.apply(drawn, to: waveform.samples, sampleRate: preprocessing.sampleRate),
        sampleRate: waveform.sampleRate)
    }
    if preprocessing.normalises { waveform = waveform.normalized() }
    let features = encoder.features(of: waveform.samples)
    if let key { cache?.store(features.matrix, for: key) }
    return features
  }
}

/// Frames that CTC needs for labels: one for each, and a blank between equal neighbours.
private func fewestFrames(for labels: [Int]) -> Int {
  labels.count + zip(labels, labels.dropFirst()).count { $0 == $1 }
}
