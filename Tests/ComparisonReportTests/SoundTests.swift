import Testing

@testable import ComparisonReport

@Suite struct `What is heard and seen of an utterance` {
  /// G.711's table, the other way: the middle of the interval that a code stands for.
  private func linear(_ code: UInt8) -> Int {
    let bits = Int(~code)
    let magnitude = (((bits & 15) << 3) + 132) << (bits >> 4 & 7)
    return bits & 0x80 == 0 ? magnitude - 132 : 132 - magnitude
  }

  @Test func `mu-law codes are G.711's`() {
    #expect([0, 3, 4, 32767, -1, -32768].map(muLaw) == [0xFF, 0xFF, 0xFE, 0x80, 0x7F, 0x00])
    // Every code stands for itself, but for the negative zero.
    for code in UInt8.min...(.max) where code != 0x7F { #expect(muLaw(linear(code)) == code) }
  }

  @Test func `mu-law is off by half a step at most`() {
    for sample in stride(from: -32635, through: 32635, by: 7) {
      // Segment k begins at 128 x 2^k - 132 and has steps of 8 x 2^k.
      let step = 8 << (0...7).last { abs(sample) + 132 >= 128 << $0 }!
      #expect(abs(linear(muLaw(sample)) - sample) <= step / 2)
    }
  }

  @Test func `a mu-law file says what it is and how long`() {
    let audio = PlayableAudio(muLaw: [0, 1, -2], sampleRate: 8000)
    let expected: [UInt8] =
      Array("RIFF".utf8) + [54, 0, 0, 0] + Array("WAVEfmt ".utf8) + [18, 0, 0, 0, 7, 0, 1, 0]
      + [0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0, 0, 0] + Array("fact".utf8) + [
        4, 0, 0, 0, 3, 0, 0, 0,
      ]
      + Array("data".utf8) + [3, 0, 0, 0, 0xFF, 0x80, 0x00, 0]
    #expect(audio.bytes == expected)
    #expect(audio.mediaType == "audio/wav")
  }

  @Test func `16-bit samples are rounded and clipped`() {
    let audio = PlayableAudio(pcm16: [0.5, -1, 2, .nan], sampleRate: 16_000)
    #expect(audio.bytes.suffix(8) == [0x00, 0x40, 0x00, 0x80, 0xFF, 0x7F, 0, 0])
    #expect(audio.bytes[20..<24] == [1, 0, 1, 0])
  }

  @Test func `peaks are the least and the greatest of each stretch, as parts of the loudest`() {
    let peaks = WaveformPeaks([0, 0.25, -0.5, 0.1, 0.125, 0.125], sampleRate: 6, perSecond: 2)
    #expect(peaks.amplitude == 0.5)
    #expect(peaks.durationSeconds == 1)
    // 6 x 2 / 6 + 1 = 3 stretches of two samples.
    #expect(peaks.bounds == [0, 64, -127, 25, 32, 32])
    #expect(WaveformPeaks([], sampleRate: 6).bounds == [])
    #expect(WaveformPeaks([0, 0], sampleRate: 2, perSecond: 1).bounds == [0, 0, 0, 0])
  }

  @Test func `log-posteriors become levels of 0.04 nats`() {
    let expected: [(Float, UInt8)] = [
      (0, 255), (-5, 128), (-9.9, 3), (-10, 0), (-1000, 0), (-.infinity, 0), (.nan, 0), (0.01, 255),
    ]
    for (value, level) in expected { #expect(EmissionImage.level(value) == level, "\(value)") }
  }

  @Test func `tokens are kept that are noticed, on a path, or blank, which comes last`() {
    // Blank 1; token 0 is likely at frame 1, token 2 never, token 3 is on a path.
    let logPosteriors: [Float] = [-8, -0.1, -7, -9, -1, -0.5, -6, -9]
    let image = EmissionImage(
      name: "model", vocabulary: 0, frameSeconds: 0.02, logPosteriors: logPosteriors, tokens: 4, blank: 1,
      paths: [3, 1])
    #expect(image.tokens == [0, 3, 1])
    #expect(image.frames == 2)
    #expect(image.levels == [51, 230, 26, 26, 252, 242])
  }
}
