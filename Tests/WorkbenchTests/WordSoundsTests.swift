import TestSupport
import Testing

@testable import Workbench

@Suite struct `Where the sound of words ends` {
  /// Noise of the given seconds and level, -60 dB elsewhere.
  private func sound(_ seconds: Double, _ parts: [(Range<Double>, decibels: Double)]) -> [Float] {
    var generator = Seeded(5)
    let rate = 16_000.0
    return (0..<Int(seconds * rate)).map { sample in
      let time = Double(sample) / rate
      let level = parts.first { $0.0.contains(time) }?.decibels ?? -60
      var amplitude = Float(1)
      for _ in 0..<Int(-level / 10) { amplitude *= 0.316_227_77 }
      return Float.random(in: -1...1, using: &generator) * amplitude
    }
  }

  private func widened(
    _ samples: [Float], _ words: [Range<Double>], barriers: [Range<Double>] = [], longest: Double = 0.3
  ) -> [Range<Double>] {
    WordSounds(samples, sampleRate: 16_000).widened(
      words, barriers: barriers, durationSeconds: Double(samples.count) / 16_000,
      longestExtensionSeconds: longest)
  }

  /// A window of 20 ms may hear the edge 10 ms early or late.
  private func expectNear(_ found: Double, _ expected: Double) {
    #expect(abs(found - expected) <= 0.011, "\(found), not \(expected)")
  }

  @Test func `a word reaches to where its sound begins and ends`() {
    let samples = sound(2, [(0.5..<0.9, -10), (1.2..<1.5, -20)])
    let words = widened(samples, [0.6..<0.7, 1.3..<1.32])
    expectNear(words[0].lowerBound, 0.5)
    expectNear(words[0].upperBound, 0.9)
    expectNear(words[1].lowerBound, 1.2)
    expectNear(words[1].upperBound, 1.5)
  }

  @Test func `words without silence between them meet where it is quietest`() {
    let samples = sound(1.5, [(0.3..<0.7, -10), (0.7..<0.75, -20), (0.75..<1.2, -10)])
    let words = widened(samples, [0.5..<0.6, 0.9..<1.0])
    #expect(words[0].upperBound == words[1].lowerBound)
    #expect((0.7...0.75).contains(words[0].upperBound))
  }

  @Test func `no word moves further than it may, nor into its tokens or other sound`() {
    let samples = sound(3, [(0..<3, -10)])
    #expect(widened(samples, [1..<1.1], longest: 0.25) == [0.75..<1.35])
    #expect(widened(samples, [1..<1.1], longest: 0) == [1..<1.1])
    let barred = widened(samples, [1..<1.1], barriers: [0.5..<0.9, 1.2..<1.3])
    #expect(barred == [0.9..<1.2])
    // Silence within the tokens takes nothing from them.
    #expect(widened(sound(2, [(0.5..<0.6, -10)]), [0.5..<1.0])[0].upperBound == 1.0)
  }

  @Test func `a word at either end stays in the recording`() {
    let samples = sound(0.5, [(0..<0.5, -10)])
    #expect(widened(samples, [0..<0.5]) == [0..<0.5])
    #expect(widened(samples, [0.1..<0.4]) == [0..<0.5])
    #expect(widened(samples, []).isEmpty)
  }
}
