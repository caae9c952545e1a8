extension Arithmetic {
  /// The arithmetic of one training step over utterances with these numbers of samples: each product of the
  /// forward pass, and two of the same size in the backward pass (for the input's gradient and the weights').
  ///
  /// Without the feature encoder it counts from the encoder's features on; the projection's input needs no
  /// gradient but for its norm's sake then, and is counted.
  public static func ofTrainingStep(
    _ configuration: ModelConfiguration, samples: [Int], trainsFeatureEncoder: Bool = false
  ) -> Double {
    samples.reduce(0) { sum, samples in
      let forward = Arithmetic(configuration, samples: samples)
      return sum + 3 * (forward.total - forward[.featureEncoder])
        + (trainsFeatureEncoder ? ofFeatureEncoderStep(configuration, forward, samples: samples) : 0)
    }
  }

  /// The arithmetic of one step of pre-training: everything is trained, and the head is the projection of all
  /// frames and its products with the embeddings of clusters.
  public static func ofPretrainingStep(
    _ configuration: ModelConfiguration, _ objective: MaskedPrediction, samples: [Int]
  ) -> Double {
    samples.reduce(0) { sum, samples in
      let forward = Arithmetic(configuration, samples: samples)
      let frames = Double(configuration.featureFrames(for: samples).last ?? 0)
      let head =
        2 * frames * Double(objective.projectionWidth) * Double(configuration.width + objective.classes)
      return sum + 3 * (forward.total - forward[.featureEncoder] - forward[.head] + head)
        + ofFeatureEncoderStep(configuration, forward, samples: samples)
    }
  }

  /// The waveform gets no gradient: the first convolution has one product in the backward pass.
  private static func ofFeatureEncoderStep(
    _ configuration: ModelConfiguration, _ forward: Arithmetic, samples: Int
  ) -> Double {
    let frames = Double(configuration.featureFrames(for: samples).first ?? 0)
    let first =
      2 * frames * Double(configuration.convolutionKernels[0]) * Double(configuration.convolutionChannels[0])
    return 3 * forward[.featureEncoder] - first
  }
}
