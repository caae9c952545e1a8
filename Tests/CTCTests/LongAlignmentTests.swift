import Tensors
import TestSupport
import Testing

@testable import CTC

/// Blocks, checkpoints and what is left out against the plain search, which keeps everything.
struct LongAlignmentTests {
  /// Emissions that say `labels` one after the other, with `wrong` of them garbled.
  private func speech(
    _ labels: [Int], framesPerLabel: Int, vocabularySize: Int, wrong: Double, using generator: inout Seeded
  ) -> Emissions {
    var logits: [[Float]] = []
    for label in labels {
      let said =
        Double.random(in: 0..<1, using: &generator) < wrong
        ? Int.random(in: 1..<vocabularySize, using: &generator) : label
      let length = Int.random(in: 1...2 * framesPerLabel - 1, using: &generator)
      for frame in 0..<max(2, length) {
        var row = (0..<vocabularySize).map { _ in Float.random(in: -1...1, using: &generator) }
        row[frame == 0 ? said : 0] += 8
        logits.append(row)
      }
    }
    let values = logits.flatMap { row -> [Float] in
      let normaliser = logSum(row.map(Double.init))
      return row.map { Float(Double($0) - normaliser) }
    }
    return Emissions(frames: logits.count, vocabularySize: vocabularySize, logPosteriors: values)
  }

  private func labels(_ count: Int, _ vocabularySize: Int, using generator: inout Seeded) -> [Int] {
    (0..<count).map { _ in Int.random(in: 1..<vocabularySize, using: &generator) }
  }

  @Test(arguments: [0.0, 0.1, 0.5, 1.0], [1, 500, 20_000])
  func agreesWithKeepingEverything(wrong: Double, blockBytes: Int) throws {
    var generator = Seeded(UInt64(wrong * 10) + 1)
    for target in [nil, 7, 40] as [Int?] {
      let text = labels(150, 12, using: &generator)
      let spoken = speech(text, framesPerLabel: 3, vocabularySize: 12, wrong: wrong, using: &generator)
      var written: [Int?] = text
      if let target { written[target] = nil }
      let aligned = AlignmentTarget(labels: written, gaps: target == 40 ? [0, 150] : [])
      let plain = ViterbiSearch(
        spoken, target: aligned, blank: 0, level: .best, blockBytes: .max, exhaustiveCells: .max)
      let bounded = ViterbiSearch(
        spoken, target: aligned, blank: 0, level: .best, blockBytes: blockBytes, exhaustiveCells: 0)
      let expected = try #require(plain.bestPath())
      let found = try #require(bounded.bestPath())
      #expect(found.score == expected.score)
      #expect(found.states == expected.states)
    }
  }

  @Test func aTextThatDoesNotFitTheSpeechIsAlignedExactlyToo() throws {
    // Whatever the first search finds, or does not, nothing is lost by it.
    var generator = Seeded(9)
    let text = labels(400, 8, using: &generator)
    let other = labels(120, 8, using: &generator)
    for written in [Array(text.reversed()), other + text.dropFirst(200), Array(text.dropLast(150))] {
      let spoken = speech(text, framesPerLabel: 3, vocabularySize: 8, wrong: 0.02, using: &generator)
      let target = AlignmentTarget(labels: written)
      let plain = ViterbiSearch(
        spoken, target: target, blank: 0, level: .best, blockBytes: .max, exhaustiveCells: .max)
      let bounded = ViterbiSearch(
        spoken, target: target, blank: 0, level: .best, blockBytes: 9000, exhaustiveCells: 0)
      let expected = plain.bestPath()
      let found = bounded.bestPath()
      #expect(found?.score == expected?.score)
      #expect(found?.states == expected?.states)
    }
  }

  @Test(arguments: KernelLevel.supported)
  func theKernelsLevelChangesNothing(level: KernelLevel) throws {
    var generator = Seeded(11)
    for count in [0, 1, 5, 63, 64, 200] {
      let text = labels(count, 20, using: &generator)
      let emissions = randomEmissions(frames: 2 * count + 9, vocabularySize: 20, using: &generator)
      let target = AlignmentTarget(labels: text, gaps: count > 5 ? [3, count] : [])
      let portable = ForcedAlignment(emissions, target: target, blank: 0, level: .portable)
      #expect(ForcedAlignment(emissions, target: target, blank: 0, level: level) == portable)
      #expect(portable != nil)
    }
  }

  @Test func aTextThatIsTooLongHasNoPath() {
    var generator = Seeded(2)
    let emissions = randomEmissions(frames: 50, vocabularySize: 5, using: &generator)
    let target = AlignmentTarget(labels: (0..<51).map { 1 + $0 % 4 })
    let search = ViterbiSearch(
      emissions, target: target, blank: 0, level: .best, blockBytes: 64, exhaustiveCells: 0)
    #expect(search.bestPath() == nil)
  }
}
