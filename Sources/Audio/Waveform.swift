/// One channel of sound.
public struct Waveform: Sendable, Equatable {
  /// (n,), one sample after the other. Full scale of an integer format is [-1, 1); floating point is kept as
  /// it is in the file and may exceed it.
  public var samples: [Float]

  /// Samples a second, in Hz.
  public var sampleRate: Int

  /// - Precondition: `sampleRate` > 0.
  public init(samples: [Float], sampleRate: Int) {
    precondition(sampleRate > 0, "a sample rate is positive, not \(sampleRate) Hz")
    self.samples = samples
    self.sampleRate = sampleRate
  }

  /// The number of samples over the sample rate, in seconds.
  public var durationSeconds: Double { Double(samples.count) / Double(sampleRate) }
}
