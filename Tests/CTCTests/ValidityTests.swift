import CTC
import TestSupport
import Testing

struct ValidityTests {
  private func emissions(_ values: [Float]) -> Emissions {
    Emissions(frames: values.count / 2, vocabularySize: 2, logPosteriors: values)
  }

  @Test func numbersAndMinusInfinityAreValid() {
    #expect(emissions([0, -.infinity, -3, 7]).isValid)
    #expect(emissions([]).isValid)
    #expect(emissions([0, -.infinity]).firstInvalidFrame == nil)
  }

  @Test(arguments: [Float.nan, -Float.nan, Float.signalingNaN, Float.infinity])
  func notANumberAndPlusInfinityAreNot(value: Float) {
    for position in 0..<6 {
      var values = [Float](repeating: -1, count: 6)
      values[position] = value
      #expect(!emissions(values).isValid)
      #expect(emissions(values).firstInvalidFrame == position / 2)
    }
  }

  @Test func notANumberIsPassedOverByTheBestPath() {
    #expect(emissions([.nan, -2, -2, .nan, .nan, .nan, .nan, -.infinity]).bestPath == [1, 0, 0, 0])
    var wide = [Float](repeating: .nan, count: 40)
    wide[23] = -4
    wide[39] = -4
    #expect(Emissions(frames: 1, vocabularySize: 40, logPosteriors: wide).bestPath == [23])
  }

  @Test(arguments: 0..<50)
  func invalidEmissionsAreDecodedWithoutACrash(seed: Int) {
    var generator = Seeded(UInt64(seed))
    let specials: [Float] = [.nan, .infinity, -.infinity, 0, -1, 1e30, -1e30]
    let values = (0..<40).map { _ in specials.randomElement(using: &generator)! }
    let hypothesis = GreedyDecoder(blank: 1).decode(emissions(values))
    #expect(hypothesis.tokens.allSatisfy { $0.label == 0 && !$0.frames.isEmpty })
  }
}
