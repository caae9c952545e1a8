import AcousticModel

/// What a model wants of a recording, and what it gives for it.
struct ModelInput: Sendable {
  let preprocessing: Preprocessing
  let timing: FrameTiming
  /// Samples that the first frame needs.
  let receptiveField: Int
  private let configuration: ModelConfiguration
  private let isAdapted: Bool

  /// - Parameter isAdapted: whether frames are counted behind the adapter, if the model has one.
  init(_ configuration: ModelConfiguration, _ preprocessing: Preprocessing, isAdapted: Bool) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.isAdapted = isAdapted
    receptiveField = configuration.receptiveField
    // The feature encoder's hop times the strides behind the transformer.
    let strides =
      isAdapted ? configuration.adapter.map { Array(repeating: $0.stride, count: $0.layers) } : nil
    timing = FrameTiming(
      samplesPerFrame: (strides ?? []).reduce(configuration.hop, *), sampleRate: preprocessing.sampleRate)
  }

  /// Frames for so many samples; 0 where the model cannot give any.
  func frames(for samples: Int) -> Int {
    isAdapted ? configuration.frames(for: samples) : configuration.featureFrames(for: samples).last!
  }

  /// Fewest samples that give a frame.
  var fewestSamples: Int {
    var samples = receptiveField
    // What stands behind the feature encoder may want more than one of its frames.
    while frames(for: samples) == 0, samples < receptiveField + 1000 * configuration.hop {
      samples += configuration.hop
    }
    return samples
  }
}
