import Audio
import Glibc
import TestSupport
import Testing

@Suite struct `Resampling` {
  static let rates = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000]

  /// The largest difference, in dB of full scale, from the sine that the output should be, 50 ms away from
  /// the ends where the filter sees the edge.
  private func error(_ samples: [Float], _ frequency: Double, _ sampleRate: Int) -> Double {
    let expected = sine(frequency, sampleRate: sampleRate, count: samples.count)
    let inner = sampleRate / 20..<samples.count - sampleRate / 20
    return 20 * log10(inner.map { Double(abs(samples[$0] - expected[$0])) }.max()! + 1e-12)
  }

  @Test(arguments: rates, [100.0, 440, 1000, 3400])
  func `a sine in the passband comes out as the same sine`(_ rate: Int, _ frequency: Double) {
    let output = resample(sine(frequency, sampleRate: rate, count: rate), from: rate, to: 16_000)
    #expect(error(output, frequency, 16_000) < -80)
  }

  @Test func `what lies above the new Nyquist frequency is gone`() {
    let output = resample(sine(12_000, sampleRate: 48_000, count: 48_000), from: 48_000, to: 16_000)
    #expect(output[800..<15_200].allSatisfy { abs($0) < 1e-4 })  // -80 dB
  }

  @Test(arguments: rates + [16_001, 15_999, 1_000, 192_000])
  func `n samples become n times the ratio of the rates, give or take one`(_ rate: Int) {
    for count in [1, 2, 3, 160, 399, 1000, 65_536, 100_003] {
      let output = resample(floatNoise(count: count), from: rate, to: 16_000)
      let expected = (Double(count) * 16_000 / Double(rate)).rounded()
      #expect(abs(Double(output.count) - expected) <= 1, "\(count) samples at \(rate) Hz")
    }
  }

  @Test func `equal rates and no samples change nothing`() {
    #expect(resample([1, 2, 3], from: 16_000, to: 16_000) == [1, 2, 3])
    #expect(resample([], from: 8_000, to: 16_000) == [])
  }

  @Test(arguments: [Format.wav16, .flac16, .vorbis, .opus, .mp3])
  func `a file at another rate is read at the rate that is asked for`(_ format: Format) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    writeAudio(
      path, format, sampleRate: 48_000, channels: 2,
      floats: sine(440, sampleRate: 48_000, count: 48_000).flatMap { [$0, $0] })
    let waveform = try readWaveform(from: .file(path: path))
    #expect(waveform.sampleRate == 16_000)
    #expect(abs(waveform.samples.count - 16_000) <= 1)
    // 17 dB for the lossy ones, as where they are not resampled.
    #expect(correlation(waveform.samples, sine(440, sampleRate: 16_000, count: 16_000)) > 0.99)
  }

  @Test func `reading a file resamples exactly as resampling its samples`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio.wav")
    let samples = floatNoise(count: 200_000)
    writeAudio(path, .wavFloat, sampleRate: 44_100, floats: samples)
    #expect(try readWaveform(from: .file(path: path)).samples == resample(samples, from: 44_100, to: 16_000))
  }
}
