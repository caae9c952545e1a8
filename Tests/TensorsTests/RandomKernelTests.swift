import CKernels
import Tensors
import TestSupport
import Testing

@Suite("Random numbers and dropout, at every level")
struct RandomKernelTests {
  private func words(_ random: ck_random) -> [UInt32] {
    var random = random
    var words = [UInt32](repeating: 0, count: 4)
    ck_philox(&random, &words)
    return words
  }

  /// `philox4x32 10` of kat_vectors in Random123 (Salmon et al. 2011).
  @Test("Philox4x32-10 gives Random123's known answers")
  func knownAnswers() {
    let all = UInt32.max
    #expect(
      words(ck_random(counter: (0, 0, 0, 0), key: (0, 0)))
        == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      words(ck_random(counter: (all, all, all, all), key: (all, all)))
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      words(
        ck_random(
          counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0)))
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test("64 bits of a source are the first two words at its counter")
  func sources() {
    let source = RandomSource(seed: 0x0123_4567_89ab_cdef, step: 77, site: 5)
    let drawn = words(ck_random(counter: (5 << 20 + 3, 9, 11, 77), key: (0x89ab_cdef, 0x0123_4567)))
    #expect(source.bits(3, row: 9, utterance: 11) == UInt64(drawn[1]) << 32 | UInt64(drawn[0]))
    let numbers = (0..<4000).map { source.uniform($0) }
    #expect(numbers.allSatisfy { (0..<1).contains($0) })
    // The mean of n uniform numbers has a standard deviation of sqrt(1 / 12 n).
    let (mean, deviation) = (numbers.reduce(0, +) / 4000, (1.0 / 48_000).squareRoot())
    #expect(abs(mean - 0.5) < 5 * deviation)
  }

  /// Whether an element of a row stays, out of `ck_philox` alone: of each 128 elements, 16 counters draw one
  /// after the other, and of their words the lower and the upper halves in turn.
  private func stays(_ index: Int, _ random: ck_random, _ threshold: UInt32) -> Bool {
    let (block, place) = index.quotientAndRemainder(dividingBy: 128)
    var random = random
    random.counter.0 &+= UInt32(block * 16 + place % 16)
    let word = words(random)[place / 32]
    return (place / 16 % 2 == 0 ? word & 0xffff : word >> 16) >= threshold
  }

  static let counts = [1, 3, 4, 15, 16, 17, 64, 127, 128, 129, 160, 300, 1000]

  @Test(
    "drops what ck_philox says, scales the rest and adds the residual, with the same bits", arguments: counts)
  func dropout(count: Int) {
    var generator = Seeded(UInt64(count))
    let x = generator.floats(count)
    let residual = generator.floats(count)
    // The second counts over the end of its first word.
    let randoms = [
      ck_random(counter: (3 << 20, 5, 6, 7), key: (8, 9)),
      ck_random(counter: (UInt32.max - 7, 1, 2, 3), key: (4, 5)),
    ]
    for (random, threshold) in [(randoms[0], 6554), (randoms[1], 6554), (randoms[0], 0), (randoms[0], 65535)]
    {
      let threshold = UInt32(threshold)
      let scale = 65536 / Float(65536 - threshold)
      let mask = (0..<count).map { stays($0, random, threshold) }
      for kernels in everyLevel {
        var random = random
        for adds in [false, true] {
          var y = [Float](repeating: 99, count: count + 20)
          residual.withUnsafeBufferPointer {
            kernels.dropout(&y, x, adds ? $0.baseAddress! : nil, count, &random, threshold)
          }
          let expected = (0..<count).map {
            (mask[$0] ? x[$0] * scale : 0) + (adds ? residual[$0] : 0)
          }
          #expect(Array(y[..<count]) == expected, "\(kernels.level), \(threshold), residual \(adds)")
          #expect(y[count...].allSatisfy { $0 == 99 }, "\(kernels.level) wrote behind the row")
          var inPlace = x
          var ontoResidual = residual
          inPlace.withUnsafeMutableBufferPointer { inPlace in
            ontoResidual.withUnsafeMutableBufferPointer { onto in
              kernels.dropout(
                inPlace.baseAddress!, inPlace.baseAddress!, adds ? onto.baseAddress! : nil, count, &random,
                threshold)
              if adds {
                kernels.dropout(onto.baseAddress!, x, onto.baseAddress!, count, &random, threshold)
              }
            }
          }
          #expect(inPlace == expected, "\(kernels.level), in place")
          #expect(!adds || ontoResidual == expected, "\(kernels.level), onto the residual")
        }
      }
    }
  }

  @Test("a NaN that is dropped is gone, one that stays is not", arguments: [1, 40])
  func notANumber(count: Int) {
    var random = ck_random(counter: (0, 0, 0, 0), key: (1, 2))
    for kernels in everyLevel {
      var y = [Float](repeating: 0, count: count)
      kernels.dropout(&y, [Float](repeating: .nan, count: count), nil, count, &random, 32768)
      for index in 0..<count { #expect(y[index].isNaN == stays(index, random, 32768)) }
    }
  }

  /// Five standard deviations of a binomial count: a right generator fails with a probability of 6e-7.
  private func isLikely(_ count: Int, of trials: Int, probability p: Double) -> Bool {
    abs(Double(count) - Double(trials) * p) <= 5 * (Double(trials) * p * (1 - p)).squareRoot()
  }

  private func mask(_ source: RandomSource, row: Int, utterance: UInt32, threshold: UInt32, count: Int)
    -> [Bool]
  {
    var start = source.start(row: row, utterance: utterance)
    var y = [Float](repeating: 0, count: count)
    everyLevel[0].dropout(&y, [Float](repeating: 1, count: count), nil, count, &start, threshold)
    return y.map { $0 == 0 }
  }

  @Test("drops as often as it says", arguments: [66, 655, 6554, 32768, 60000])
  func rate(threshold: Int) {
    let source = RandomSource(seed: 3, step: 1, site: 8)
    let count = 1 << 17
    let dropped = mask(source, row: 0, utterance: 0, threshold: UInt32(threshold), count: count)
    #expect(isLikely(dropped.count { $0 }, of: count, probability: Double(threshold) / 65536))
  }

  @Test("masks of other rows, utterances, sites, steps and seeds have nothing in common")
  func independence() {
    let (count, threshold, p) = (1 << 14, UInt32(16384), 0.25)
    let first = mask(
      RandomSource(seed: 3, step: 1, site: 8), row: 4, utterance: 2, threshold: threshold, count: count)
    let others = [
      mask(RandomSource(seed: 3, step: 1, site: 8), row: 5, utterance: 2, threshold: threshold, count: count),
      mask(RandomSource(seed: 3, step: 1, site: 8), row: 4, utterance: 3, threshold: threshold, count: count),
      mask(RandomSource(seed: 3, step: 1, site: 9), row: 4, utterance: 2, threshold: threshold, count: count),
      mask(RandomSource(seed: 3, step: 2, site: 8), row: 4, utterance: 2, threshold: threshold, count: count),
      mask(RandomSource(seed: 4, step: 1, site: 8), row: 4, utterance: 2, threshold: threshold, count: count),
      mask(
        RandomSource(seed: 3 + 1 << 40, step: 1, site: 8), row: 4, utterance: 2, threshold: threshold,
        count: count),
      // The same row one element later.
      Array(first[1...]) + [false],
    ]
    for (index, other) in others.enumerated() {
      let both = zip(first, other).count { $0 && $1 }
      #expect(isLikely(both, of: count, probability: p * p), "\(index): \(both)")
    }
    let again = mask(
      RandomSource(seed: 3, step: 1, site: 8), row: 4, utterance: 2, threshold: threshold, count: count)
    #expect(again == first)
  }
}
