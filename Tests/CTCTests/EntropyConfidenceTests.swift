import CTC
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite struct EntropyConfidenceTests {
  @Test func `a sure frame has confidence 1, an even one 0, and frames are averaged`() {
    let even = log(Float(0.25))
    let emissions = Emissions(
      frames: 2, vocabularySize: 4,
      logPosteriors: [0, -.infinity, -.infinity, -.infinity, even, even, even, even])
    #expect(emissions.entropyConfidence(of: [0]) == 1)
    #expect(abs(emissions.entropyConfidence(of: [1])) < 1e-6)
    #expect(abs(emissions.entropyConfidence(of: 0..<2) - 0.5) < 1e-6)
    #expect(emissions.entropyConfidence(of: []) == 0)
  }

  @Test func `a worked case: one half and two quarters`() {
    // H = 1/2 ln 2 + 2 x 1/4 ln 4 = 1.5 ln 2; ln 3 is the largest.
    let emissions = Emissions(
      frames: 1, vocabularySize: 3, logPosteriors: [log(0.5), log(0.25), log(0.25)])
    #expect(abs(emissions.entropyConfidence(of: [0]) - (1 - 1.5 * log(2.0) / log(3.0))) < 1e-6)
  }
}
