import CTC
import TestSupport
import Testing

struct GreedyDecoderTests {
  // - H E L O
  private let decoder = GreedyDecoder(blank: 0)

  /// Emissions whose best path is `path`, each of its tokens with posterior `certainty`.
  private func emissions(path: [Int], vocabularySize: Int, certainty: Double = 0.9) -> Emissions {
    let rest = (1 - certainty) / Double(vocabularySize - 1)
    return CTCTests.emissions(
      posteriors: path.map { best in (0..<vocabularySize).map { $0 == best ? certainty : rest } })
  }

  @Test func aBlankKeepsTheTwoLsOfHelloApart() {
    let hello = decoder.decode(emissions(path: [1, 1, 2, 3, 0, 3, 3, 4], vocabularySize: 5))
    #expect(hello.labels == [1, 2, 3, 3, 4])
    let helo = decoder.decode(emissions(path: [1, 1, 2, 3, 3, 3, 3, 4], vocabularySize: 5))
    #expect(helo.labels == [1, 2, 3, 4])
  }

  @Test func framesAreTheRunsOnThePath() {
    let hypothesis = decoder.decode(emissions(path: [0, 1, 1, 2, 0, 0, 2, 0], vocabularySize: 3))
    #expect(hypothesis.tokens.map(\.frames) == [1..<3, 3..<4, 6..<7])
  }

  @Test func tiesGoToTheLowestId() {
    for size in [2, 3, 8, 11, 16, 37] {
      let flat = Emissions(
        frames: 2, vocabularySize: size, logPosteriors: [Float](repeating: -1, count: 2 * size))
      #expect(flat.bestPath == [0, 0])
      for (first, second) in [(0, size - 1), (size / 2, size - 1), (size - 2, size - 1)] where first < second
      {
        var row = [Float](repeating: -5, count: size)
        row[first] = -1
        row[second] = -1
        #expect(Emissions(frames: 1, vocabularySize: size, logPosteriors: row).bestPath == [first])
      }
    }
  }

  @Test func theBestPathIsThePlainArgmaxOfEveryFrame() {
    var generator = Seeded(1)
    for size in [1, 2, 7, 8, 9, 16, 29, 32, 33, 100, 1000] {
      // Few distinct values, so that ties are common.
      let values = (0..<20 * size).map { _ in Float(Int.random(in: -8...0, using: &generator)) }
      let emissions = Emissions(frames: 20, vocabularySize: size, logPosteriors: values)
      let expected = (0..<20).map { frame in
        (0..<size).reduce(0) { emissions[frame, $1] > emissions[frame, $0] ? $1 : $0 }
      }
      #expect(emissions.bestPath == expected, "V = \(size)")
    }
  }

  @Test(arguments: 0..<20)
  func textAndRunsFollowTheDefinition(seed: Int) {
    var generator = Seeded(UInt64(seed))
    let size = Int.random(in: 2...12, using: &generator)
    let emissions = randomEmissions(
      frames: Int.random(in: 1...60, using: &generator), vocabularySize: size, using: &generator)
    let blank = Int.random(in: 0..<size, using: &generator)
    let path = emissions.bestPath
    let hypothesis = GreedyDecoder(blank: blank).decode(emissions)
    #expect(hypothesis.labels == collapse(path, blank: blank))
    // The runs give the path back.
    var rebuilt = [Int](repeating: blank, count: emissions.frames)
    for token in hypothesis.tokens { for frame in token.frames { rebuilt[frame] = token.label } }
    #expect(rebuilt == path)
    #expect(hypothesis.acousticScore == emissions.logProbability(of: hypothesis.labels, blank: blank))
    // The best path is one of the text's, and no path is worth more than certainty.
    #expect(hypothesis.acousticScore >= emissions.logProbability(ofPath: path) - 1e-9)
    #expect(hypothesis.acousticScore <= 1e-6 * Double(emissions.frames))
  }

  @Test func noPathOfTheTextBeatsItsOwn() {
    var generator = Seeded(3)
    for _ in 0..<20 {
      let emissions = randomEmissions(frames: 5, vocabularySize: 3, using: &generator)
      let best = emissions.logProbability(ofPath: emissions.bestPath)
      #expect(
        allPaths(frames: 5, vocabularySize: 3).allSatisfy { emissions.logProbability(ofPath: $0) <= best })
    }
  }

  @Test func noFramesGiveNothing() {
    let hypothesis = decoder.decode(Emissions(frames: 0, vocabularySize: 5, logPosteriors: []))
    #expect(hypothesis == Hypothesis(tokens: [], acousticScore: 0, confidence: 0))
  }

  @Test func oneFrameGivesAtMostOneToken() {
    let spoken = decoder.decode(emissions(path: [4], vocabularySize: 5))
    #expect(spoken.tokens.map(\.label) == [4])
    #expect(spoken.tokens[0].frames == 0..<1)
    #expect(abs(spoken.acousticScore - ln(0.9)) < 1e-7)
    #expect(decoder.decode(emissions(path: [0], vocabularySize: 5)).tokens.isEmpty)
  }

  @Test func aVocabularyOfABlankAndOneLabelWorks() {
    let decoder = GreedyDecoder(blank: 1)
    #expect(decoder.decode(emissions(path: [0, 0, 1, 0, 1], vocabularySize: 2)).labels == [0, 0])
  }
}
