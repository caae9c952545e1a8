/// The outline of a waveform: the least and the greatest sample of each stretch.
public struct WaveformPeaks: Sendable, Equatable {
  public let durationSeconds: Double
  /// The greatest absolute sample, which is 127 in `bounds`; 1 is full scale.
  public let amplitude: Float
  /// (stretches, 2), row-major: least, greatest. All stretches are as long, but for rounding to samples.
  public let bounds: [Int8]

  /// - Parameter samples: in -1...1.
  public init(_ samples: [Float], sampleRate: Int, perSecond: Int = 200) {
    precondition(sampleRate > 0 && perSecond > 0, "\(perSecond) peaks a second at \(sampleRate) Hz")
    durationSeconds = Double(samples.count) / Double(sampleRate)
    let stretches = min(samples.count, samples.count * perSecond / sampleRate + 1)
    let amplitude = samples.reduce(0) { max($0, abs($1)) }
    let scale = amplitude > 0 ? 127 / amplitude : 0
    self.amplitude = amplitude
    bounds = (0..<stretches).flatMap { stretch in
      let part = samples[samples.count * stretch / stretches..<samples.count * (stretch + 1) / stretches]
      return [part.min() ?? 0, part.max() ?? 0].map { Int8(($0 * scale).rounded()) }
    }
  }
}
