import Audio
import CSndFile
import Glibc
import TestSupport
import Testing

@Suite struct `Formats` {
  /// Integer formats with the number of bits that survive.
  static let integerFormats: [(Format, bits: Int)] = [
    (Format("WAV 8", SF_FORMAT_WAV, SF_FORMAT_PCM_U8), 8),
    (.wav16, 16),
    (Format("WAV 24", SF_FORMAT_WAV, SF_FORMAT_PCM_24), 24),
    (Format("WAV 32", SF_FORMAT_WAV, SF_FORMAT_PCM_32), 32),
    (Format("WAVEX 16", SF_FORMAT_WAVEX, SF_FORMAT_PCM_16), 16),
    (Format("RF64 16", SF_FORMAT_RF64, SF_FORMAT_PCM_16), 16),
    (Format("RIFX 16", SF_FORMAT_WAV | SF_ENDIAN_BIG, SF_FORMAT_PCM_16), 16),
    (Format("FLAC 8", SF_FORMAT_FLAC, SF_FORMAT_PCM_S8), 8),
    (.flac16, 16),
    (Format("FLAC 24", SF_FORMAT_FLAC, SF_FORMAT_PCM_24), 24),
    (Format("AIFF 8", SF_FORMAT_AIFF, SF_FORMAT_PCM_S8), 8),
    (.aiff16, 16),
    (Format("AIFF 24", SF_FORMAT_AIFF, SF_FORMAT_PCM_24), 24),
    (Format("AIFF 32", SF_FORMAT_AIFF, SF_FORMAT_PCM_32), 32),
    (Format("AIFC little-endian 16", SF_FORMAT_AIFF | SF_ENDIAN_LITTLE, SF_FORMAT_PCM_16), 16),
    (Format("AU 16", SF_FORMAT_AU, SF_FORMAT_PCM_16), 16),
    (Format("CAF 16", SF_FORMAT_CAF, SF_FORMAT_PCM_16), 16),
    (Format("W64 16", SF_FORMAT_W64, SF_FORMAT_PCM_16), 16),
  ]

  @Test(arguments: integerFormats, [8_000, 16_000, 22_050, 44_100, 48_000])
  func `integers come back as k over full scale, at any rate and channel count`(
    _ format: (Format, bits: Int), _ sampleRate: Int
  ) throws {
    let directory = TemporaryDirectory()
    for channels in [1, 2, 3, 6] {
      let path = directory.file("\(channels)")
      let frames = noise(count: 1000 * channels, seed: UInt64(channels))
      writeAudio(path, format.0, sampleRate: sampleRate, channels: channels, integers: frames)

      let waveform = try readWaveform(from: .file(path: path), sampleRate: sampleRate)

      #expect(waveform.sampleRate == sampleRate)
      try #require(waveform.samples.count == 1000)
      let fullScale = Double(1 << (format.bits - 1))
      for (index, sample) in waveform.samples.enumerated() {
        let stored = (0..<channels).map { Double(frames[index * channels + $0] >> (32 - Int32(format.bits))) }
        let mean = stored.reduce(0, +) / Double(channels) / fullScale
        // Integers of up to 24 bits are Floats; one rounding of 32-bit ones (2^-24 of 1) and one of the mean
        // remain.
        let tolerance = channels == 1 && format.bits <= 24 ? 0 : 0x1p-23
        #expect(
          abs(Double(sample) - mean) <= tolerance, "frame \(index) of \(format.0), \(channels) channels")
      }
    }
  }

  static let otherFormats: [(Format, tolerance: Double)] = [
    (.wavFloat, 0),
    (Format("WAV double", SF_FORMAT_WAV, SF_FORMAT_DOUBLE), 0),
    (Format("AIFF float", SF_FORMAT_AIFF, SF_FORMAT_FLOAT), 0),
    // 8-bit logarithmic: the steps of the highest segment are 1/32 of full scale, and libsndfile does not
    // round.
    (Format("WAV mu-law", SF_FORMAT_WAV, SF_FORMAT_ULAW), 1.0 / 32),
    (Format("WAV A-law", SF_FORMAT_WAV, SF_FORMAT_ALAW), 1.0 / 32),
  ]

  @Test(arguments: otherFormats)
  func `floating point comes back as it was, and logarithmic PCM within a step`(
    _ format: Format, _ tolerance: Double
  ) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    // Logarithmic PCM ends at 0.98.
    let frames = floatNoise(count: 2000).map { 0.9 * $0 }
    writeAudio(path, format, channels: 1, floats: frames)
    let samples = try readWaveform(from: .file(path: path)).samples
    try #require(samples.count == frames.count)
    for (sample, written) in zip(samples, frames) {
      #expect(abs(Double(sample) - Double(written)) <= tolerance)
    }
  }

  @Test func `floating point beyond full scale is not clipped`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("loud.wav")
    writeAudio(path, .wavFloat, floats: [2.5, -3, 0.25])
    #expect(try readWaveform(from: .file(path: path)).samples == [2.5, -3, 0.25])
  }

  /// A psychoacoustic codec promises no error bound. A correlation of 0.99 is a signal-to-noise ratio of 17
  /// dB, which each keeps on loud tones at its default rate; a delay of one sample of the 2 kHz part at 16
  /// kHz would cost 0.1.
  @Test(
    arguments: [Format.vorbis, .opus, .mp3], [(8_000, 1), (16_000, 1), (16_000, 2), (24_000, 2), (48_000, 1)])
  func `a lossy codec keeps length, place and shape`(_ format: Format, _ layout: (rate: Int, channels: Int))
    throws
  {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    let tone = zip(
      sine(440, sampleRate: layout.rate, count: layout.rate),
      sine(2000, sampleRate: layout.rate, count: layout.rate)
    ).map { ($0 + $1) / 2 }
    let frames = tone.flatMap { [Float](repeating: $0, count: layout.channels) }
    writeAudio(path, format, sampleRate: layout.rate, channels: layout.channels, floats: frames)
    let samples = try readWaveform(from: .file(path: path), sampleRate: layout.rate).samples
    #expect(samples.count == tone.count)
    #expect(correlation(samples, tone) > 0.99)
  }

  @Test func `the channels are averaged, each with the same weight`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("four.wav")
    writeAudio(
      path, .wavFloat, channels: 4, floats: [1, 0, 0, 0, 0, 0, 0, 1, 0.5, -0.5, 0.25, -0.25, 1, 1, 1, 1])
    #expect(try readWaveform(from: .file(path: path)).samples == [0.25, 0.25, 0, 1])
  }

  @Test func `the mean of channels near the limit of Float does not overflow`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("huge.wav")
    writeAudio(path, .wavFloat, channels: 2, floats: [3e38, 3e38, -3e38, 3e38])
    #expect(try readWaveform(from: .file(path: path)).samples == [3e38, 0])
  }

  @Test func `silence is read as zeros`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("silence.flac")
    writeAudio(path, .flac16, sampleRate: 44_100, floats: [Float](repeating: 0, count: 44_100))
    let waveform = try readWaveform(from: .file(path: path))
    #expect(waveform.samples.allSatisfy { $0 == 0 })
    #expect(waveform.durationSeconds == 1)
  }

  @Test func `the name does not decide the format`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("really-flac.mp3")
    writeAudio(path, .flac16, integers: noise(count: 500))
    #expect(try readWaveform(from: .file(path: path)).samples.count == 500)
  }

  @Test func `the extensions of every format that is read are audio extensions, in lower case`() {
    #expect(
      audioFileExtensions.isSuperset(of: [
        "wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "au", "caf",
      ]))
    #expect(audioFileExtensions.isDisjoint(with: ["txt", "json", "jsonl", "npy", ""]))
    #expect(audioFileExtensions.allSatisfy { $0 == $0.lowercased() })
  }
}
