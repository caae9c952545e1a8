extension Arithmetic {
  /// The arithmetic of one training step over utterances with these numbers of samples, from the frozen
  /// encoder's features on: each product of the forward pass, and two of the same size in the backward pass
  /// (for the input's gradient and the weights'). The projection's input needs no gradient but for its norm's
  /// sake, and is counted.
  public static func ofTrainingStep(_ configuration: ModelConfiguration, samples: [Int]) -> Double {
    samples.reduce(0) { sum, samples in
      let forward = Arithmetic(configuration, samples: samples)
      return sum + 3 * (forward.total - forward[.featureEncoder])
    }
  }
}
