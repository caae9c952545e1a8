import CTC
import Testing

/// Posteriors are rounded to Float logarithms, each off by a relative 2^-24 of a value below 4.
private let tolerance = 4 * 6e-8

struct ConfidenceTests {
  private let decoder = GreedyDecoder(blank: 0)
  /// The path is 1 1 - 2, with posteriors 0.9, 0.4, 0.8 and 0.5.
  private let spoken = emissions(
    posteriors: [[0.05, 0.9, 0.05], [0.3, 0.4, 0.3], [0.8, 0.1, 0.1], [0.25, 0.25, 0.5]])

  @Test func aTokensIsTheGeometricMeanOverItsRun() {
    let tokens = decoder.decode(spoken).tokens
    #expect(abs(tokens[0].confidence - (0.9 * 0.4).squareRoot()) < tolerance)
    #expect(abs(tokens[1].confidence - 0.5) < tolerance)
  }

  @Test func aWordsIsTheGeometricMeanOverItsFramesWithoutBlanks() {
    let tokens = decoder.decode(spoken).tokens
    // 0.9 * 0.4 * 0.5 = 0.18.
    let confidence = tokens[0...1].confidence
    #expect(abs(confidence * confidence * confidence - 0.18) < tolerance)
    #expect(abs(tokens[1...1].confidence - tokens[1].confidence) < 1e-15)
    #expect(tokens[0..<0].confidence == 0)
  }

  @Test func theUtterancesCountsEveryFrameThatIsNotBlank() {
    let hypothesis = decoder.decode(spoken)
    #expect(abs(hypothesis.confidence - hypothesis.tokens.confidence) < 1e-15)
  }

  @Test func anEmptyTextsIsTheBlanks() {
    let silence = emissions(posteriors: [[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])
    let hypothesis = GreedyDecoder(blank: 0).decode(emissions(posteriors: [[0.9, 0.1], [0.6, 0.4]]))
    #expect(abs(hypothesis.confidence - (0.9 * 0.6).squareRoot()) < tolerance)
    // One spoken frame makes the text count, and the blanks not.
    #expect(abs(GreedyDecoder(blank: 0).decode(silence).confidence - 0.6) < tolerance)
  }

  @Test func itStaysBetween0And1() {
    let certain = Emissions(
      frames: 2, vocabularySize: 2, logPosteriors: [-.infinity, 1e-7, -.infinity, 1e-7])
    #expect(decoder.decode(certain).confidence == 1)
    let impossible = Emissions(
      frames: 1, vocabularySize: 2, logPosteriors: [-.infinity, -.infinity])
    #expect(decoder.decode(impossible).confidence == 0)
  }
}
