import JSON
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("SpecAugment's masks")
struct SpanMaskTests {
  private let golden = try? JSONValue(contentsOf: TestSupport.golden("gradients/spec_augment.json"))

  @Test("there are as many spans as transformers draws")
  func counts() throws {
    let epsilons = try #require(golden?["epsilons"]?.array).compactMap(\.double)
    let rows = try #require(golden?["counts"]?.array)
    var compared = 0
    for row in rows {
      let fields = try #require(row.array)
      let probability = try #require(fields[1].double)
      // transformers does not draw masks of probability 0 at all, whatever their minimum.
      let isOff = probability == 0
      let mask = Regularization.SpanMask(
        probability: probability, length: try #require(fields[2].int), minimum: try #require(fields[3].int))
      let expected = try #require(fields[4].array).compactMap(\.int)
      for (epsilon, expected) in zip(epsilons, expected) {
        let found = mask.spans(in: try #require(fields[0].int), epsilon: epsilon)
        #expect(found == (isOff ? 0 : expected), "\(row), \(epsilon)")
        compared += 1
      }
    }
    #expect(compared > 500)
  }

  @Test("each position is masked as often as transformers masks it")
  func coverage() throws {
    let cases = try #require(golden?["coverage"]?.array)
    #expect(!cases.isEmpty)
    for fields in cases {
      let length = try #require(fields["length"]?.int)
      let mask = Regularization.SpanMask(
        probability: try #require(fields["probability"]?.double), length: try #require(fields["span"]?.int),
        minimum: try #require(fields["minimum"]?.int))
      let expected = try #require(fields["positions"]?.array).compactMap(\.double)
      let draws = 4000
      var counts = [Int](repeating: 0, count: length)
      for step in 1...draws {
        let random = RandomSource(seed: 5, step: step, site: Site.timeMask())
        guard let drawn = mask.draw(count: length, random: random, utterance: 8) else { continue }
        for position in 0..<length where drawn[position] { counts[position] += 1 }
      }
      for position in 0..<length {
        // Five standard deviations of a binomial count; the reference was rounded to 9 digits.
        let p = expected[position]
        let bound = 5 * (Double(draws) * p * (1 - p)).squareRoot() + 1e-4
        #expect(
          abs(Double(counts[position]) - Double(draws) * p) <= bound, "\(mask), \(length) at \(position)")
      }
    }
  }

  @Test("masks differ between utterances and steps, and are the same when drawn again")
  func keys() {
    let mask = Regularization.SpanMask(probability: 0.3, length: 5, minimum: 2)
    func draw(step: Int, _ utterance: UInt32) -> [Bool]? {
      mask.draw(
        count: 300, random: RandomSource(seed: 1, step: step, site: Site.timeMask()), utterance: utterance)
    }
    #expect(draw(step: 1, 1) == draw(step: 1, 1))
    #expect(draw(step: 1, 1) != draw(step: 1, 2) && draw(step: 1, 1) != draw(step: 2, 1))
    #expect(mask.draw(count: 4, random: RandomSource(seed: 1, step: 1, site: 3), utterance: 0) == nil)
    #expect(Regularization.SpanMask(probability: 0, length: 5, minimum: 2).spans(in: 300, epsilon: 0.9) == 0)
  }

  @Test("the share that is masked is the probability's, unless the minimum or the length decides")
  func shares() {
    typealias Mask = Regularization.SpanMask
    // 300 frames have 6.5 spans of 6 on average, 6 or 7; 20 have the two at least, 8 but one.
    let mask = Mask(probability: 0.13, length: 6, minimum: 2)
    #expect(abs(mask.share(of: [300]) - 0.13) < 1e-12)
    #expect(abs(mask.share(of: [300, 20, 8]) - (39 + 12 + 6) / 328) < 1e-12)
    #expect(abs(Mask(probability: 0.13, length: 6).share(of: [20, 20]) - 0.13) < 1e-12)
    // 0.65 spans of 6 are expected in 30 frames, and one at least.
    #expect(abs(Mask(probability: 0.13, length: 6, minimum: 1).share(of: [30]) - 0.2) < 1e-12)
    #expect(mask.share(of: [5]) == 0 && mask.share(of: []) == 0)
    #expect(Mask(probability: 0, length: 6, minimum: 2).share(of: [300]) == 0)
    // As it is drawn.
    var masked = 0.0
    for step in 1...2000 {
      masked += Double(mask.spans(in: 70, epsilon: (Double(step) - 0.5) / 2000))
    }
    #expect(abs(mask.share(of: [70]) - masked / 2000 * 6 / 70) < 1e-3)
  }

  @Test("spans are whole: a masked position has enough masked neighbours")
  func spansAreWhole() {
    let mask = Regularization.SpanMask(probability: 0.2, length: 7, minimum: 1)
    for step in 1...200 {
      let random = RandomSource(seed: 9, step: step, site: Site.timeMask())
      guard let drawn = mask.draw(count: 60, random: random, utterance: 1) else { continue }
      var run = 0
      for isMasked in drawn + [false] {
        if isMasked {
          run += 1
        } else {
          #expect(run == 0 || run >= 7)
          run = 0
        }
      }
    }
  }
}
