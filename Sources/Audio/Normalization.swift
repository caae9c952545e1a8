extension Waveform {
  /// The same sound with mean 0 and variance 1, as models with `do_normalize` expect it.
  ///
  ///     y[i] = (x[i] - mean) / sqrt(variance + 1e-7)
  ///
  /// over the utterance's own samples, the variance being the population's (divided by n): the definition of
  /// `Wav2Vec2FeatureExtractor` in huggingface/transformers. There the sums are float32; here they are
  /// Double, so the results agree to float32's rounding and no better.
  ///
  /// Silence, and any other constant, becomes zeros; no samples stay no samples.
  ///
  /// - Complexity: O(n), three passes.
  public func normalized() -> Waveform {
    guard !samples.isEmpty else { return self }
    let count = Double(samples.count)
    var sum = 0.0
    for sample in samples { sum += Double(sample) }
    let mean = sum / count
    var squares = 0.0
    for sample in samples {
      let deviation = Double(sample) - mean
      squares += deviation * deviation
    }
    let scale = 1 / (squares / count + 1e-7).squareRoot()
    var result = self
    for index in result.samples.indices {
      result.samples[index] = Float((Double(result.samples[index]) - mean) * scale)
    }
    return result
  }
}
