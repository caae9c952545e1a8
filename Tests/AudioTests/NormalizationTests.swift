import Audio
import Testing

@Suite struct `Normalization` {
  @Test func `a case worked by hand`() {
    // mean 2.5; deviations -1.5 -0.5 0.5 1.5; variance (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25;
    // 1 / sqrt(1.2500001) = 0.894427155
    let normalized = Waveform(samples: [1, 2, 3, 4], sampleRate: 16_000).normalized()
    let expected: [Float] = [-1.341_640_73, -0.447_213_58, 0.447_213_58, 1.341_640_73]
    #expect(normalized.sampleRate == 16_000)
    for (sample, wanted) in zip(normalized.samples, expected) {
      #expect(abs(sample - wanted) <= wanted.ulp.magnitude)
    }
  }

  @Test func `the constant keeps faint sound faint`() {
    // variance 1e-8, so the divisor is sqrt(1.1e-7) = 3.31662479e-4 and not 1e-4.
    let normalized = Waveform(samples: [1e-4, -1e-4], sampleRate: 16_000).normalized()
    #expect(abs(normalized.samples[0] - 0.301_511_345) < 1e-7)
    #expect(normalized.samples[1] == -normalized.samples[0])
  }

  @Test func `mean and variance become 0 and 1 whatever offset and gain were`() {
    let noise = floatNoise(count: 100_000).map { 0.01 * $0 + 0.7 }
    let samples = Waveform(samples: noise, sampleRate: 16_000).normalized().samples.map(Double.init)
    let mean = samples.reduce(0, +) / 100_000
    let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    // Rounding to Float errs by 2^-24 of a sample at most, and on average by far less.
    #expect(abs(mean) < 0x1p-24)
    // The 1e-7 takes its share of the variance, 1e-4 / 3.
    #expect(abs(variance - 1 / (1 + 1e-7 / (1e-4 / 3))) < 1e-4)
  }

  @Test func `silence, any constant and no samples stay finite`() {
    #expect(Waveform(samples: [0, 0, 0], sampleRate: 8_000).normalized().samples == [0, 0, 0])
    #expect(Waveform(samples: [0.5, 0.5], sampleRate: 8_000).normalized().samples == [0, 0])
    #expect(Waveform(samples: [], sampleRate: 8_000).normalized().samples == [])
  }

  @Test func `a duration is the number of samples over the rate`() {
    #expect(Waveform(samples: [0, 0, 0, 0], sampleRate: 8_000).durationSeconds == 0.0005)
  }
}
