import Audio
import CSndFile
import Glibc
import TestSupport
import Testing

@Suite struct `Intervals` {
  static let formats = [
    Format.wav16, .wavFloat, .flac16, .aiff16, .vorbis, .opus, .mp3,
    Format("WAV IMA ADPCM", SF_FORMAT_WAV, SF_FORMAT_IMA_ADPCM),
  ]

  /// Offsets and durations in samples at 16 kHz.
  @Test(
    arguments: formats,
    [(0, 1), (0, 16_000), (1, 100), (8_000, 8_000), (15_999, 20_000), (47_900, 100), (47_950, 50)])
  func `an interval is the slice of the whole`(_ format: Format, _ interval: (offset: Int, count: Int)) throws
  {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    writeAudio(path, format, channels: 2, floats: floatNoise(count: 96_000).map { $0 / 2 })
    let whole = try readWaveform(from: .file(path: path)).samples
    let part = try readWaveform(
      from: .file(path: path), offsetSeconds: Double(interval.offset) / 16_000,
      durationSeconds: Double(interval.count) / 16_000)
    #expect(part.samples == Array(whole[interval.offset..<interval.offset + interval.count]))
  }

  @Test func `an offset alone reads to the end and a duration alone from the beginning`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio.wav")
    let samples = floatNoise(count: 16_000)
    writeAudio(path, .wavFloat, floats: samples)
    #expect(
      try readWaveform(from: .file(path: path), offsetSeconds: 0.75).samples == Array(samples[12_000...]))
    #expect(
      try readWaveform(from: .file(path: path), durationSeconds: 0.25).samples == Array(samples[..<4000]))
  }

  @Test func `an interval is rounded to samples at the rate of the file and then resampled`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio.wav")
    let samples = floatNoise(count: 48_000)
    writeAudio(path, .wavFloat, sampleRate: 48_000, floats: samples)
    let part = try readWaveform(from: .file(path: path), offsetSeconds: 0.100_01, durationSeconds: 0.5)
    #expect(part.samples == resample(Array(samples[4800..<28_800]), from: 48_000, to: 16_000))
  }

  @Test func `an end up to half a second behind the recording's is taken as the recording's`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio.wav")
    writeAudio(path, .wav16, integers: noise(count: 16_000))
    let part = try readWaveform(from: .file(path: path), offsetSeconds: 0.5, durationSeconds: 1)
    #expect(part.samples.count == 8_000)
    #expect(throws: AudioError.self) {
      try readWaveform(from: .file(path: path), offsetSeconds: 0.5, durationSeconds: 1.001)
    }
  }

  @Test(arguments: [Format.wav16, .flac16, .vorbis, .mp3])
  func `an interval beyond the recording is refused in one line`(_ format: Format) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("audio")
    writeAudio(path, format, floats: sine(440, sampleRate: 16_000, count: 16_000))
    for (offset, duration) in [(1, nil), (2.5, 1), (0, 1.75)] as [(Double, Double?)] {
      let error = #expect(throws: AudioError.self) {
        try readWaveform(from: .file(path: path), offsetSeconds: offset, durationSeconds: duration)
      }
      #expect(
        error?.description
          == "\(path): interval out of range: asked for \(duration.map { "\($0) s" } ?? "the rest") from \(offset) s, "
          + "found 1.0 s of audio; correct the offset and the duration")
    }
  }

  @Test(
    arguments: [
      (-1, nil), (.nan, nil), (.infinity, nil), (1e300, nil), (0, 0), (0, -2), (0, .nan), (0, .infinity),
      (0, 1e-9),
    ] as [(Double, Double?)])
  func `what is no interval is refused in one line`(_ offset: Double, _ duration: Double?) throws {
    let source = AudioSource.pcm16LittleEndian([0, 0, 1, 0], sampleRate: 16_000, name: "stdin")
    let error = #expect(throws: AudioError.self) {
      try readWaveform(from: source, offsetSeconds: offset, durationSeconds: duration)
    }
    let description = error?.description ?? ""
    #expect(description.hasPrefix("stdin: interval out of range: asked for "))
    #expect(
      description.hasSuffix(
        "expected an offset >= 0 and a duration > 0; correct the offset and the duration"))
  }

  @Test func `an interval that is there can be read though the end of the file is missing`() throws {
    let directory = TemporaryDirectory()
    for format in [Format.wav16, .flac16] {
      let path = directory.file("whole")
      writeAudio(path, format, integers: noise(count: 64_000))
      let whole = try readWaveform(from: .file(path: path)).samples
      let bytes = contents(of: path)
      let cut = directory.write(bytes.prefix(bytes.count / 2), as: "cut")
      let part = try readWaveform(from: .file(path: cut), offsetSeconds: 0.5, durationSeconds: 1)
      #expect(part.samples == Array(whole[8_000..<24_000]))
      let error = #expect(throws: AudioError.self) {
        try readWaveform(from: .file(path: cut), offsetSeconds: 3, durationSeconds: 0.5)
      }
      guard case .truncated = error else {
        Issue.record("\(format): \(String(describing: error))")
        continue
      }
    }
  }
}
