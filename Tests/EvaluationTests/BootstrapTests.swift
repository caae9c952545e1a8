import TestSupport
import Testing

@testable import Evaluation

#if canImport(Glibc)
import Glibc
#endif

@Suite struct `Bootstrap intervals` {
  func options(samples: Int = 10_000, confidence: Double = 0.95, seed: UInt64 = 1) -> Bootstrap.Options {
    var options = Bootstrap.Options()
    (options.samples, options.confidence, options.seed) = (samples, confidence, seed)
    return options
  }

  /// All resamples of a small set: sums of each row, every one as likely as another.
  func enumerated(_ rows: [[Int]]) -> [[Int]] {
    let count = rows.count
    return (0..<power(count, count)).map { number in
      var sums = [Int](repeating: 0, count: rows[0].count)
      var rest = number
      for _ in 0..<count {
        for column in sums.indices { sums[column] += rows[rest % count][column] }
        rest /= count
      }
      return sums
    }
  }

  func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// How far a count of `samples` draws may be from its expectation: five standard deviations of at most
  /// sqrt(samples) / 2, which a fair generator exceeds less than once in a million.
  func slack(_ samples: Int) -> Double { 5 * 0.5 / Double(samples).squareRoot() }

  @Test func `intervals and p tend to those of all resamples`() throws {
    var generator = Seeded(6)
    for seed in 1...20 {
      let count = Int.random(in: 2...5, using: &generator)
      let rows = (0..<count).map { _ in
        [Int.random(in: 1...6, using: &generator)]
          + (0..<2).map { _ in Int.random(in: 0...4, using: &generator) }
      }
      let bootstrap = Bootstrap(
        errors: [rows.map { $0[1] }, rows.map { $0[2] }], reference: rows.map { $0[0] },
        options: options(seed: UInt64(seed)))
      let all = enumerated(rows)
      let slack = slack(10_000)
      func part(_ isMember: ([Int]) -> Bool) -> Double {
        Double(all.count(where: isMember)) / Double(all.count)
      }

      let exact = min(1, 2 * min(part { $0[1] <= $0[2] }, part { $0[1] >= $0[2] }))
      #expect(abs(bootstrap.p(0, 1) - exact) <= 2 * (slack + 1e-4))

      // At a quantile of 2.5 % lie at most that many below it, and at least that many at or below it.
      func check(_ interval: ClosedRange<Double>, _ rate: ([Int]) -> Double) {
        #expect(part { rate($0) < interval.lowerBound } <= 0.025 + slack)
        #expect(
          part { rate($0) <= interval.lowerBound } >= 0.025 - slack || isBetween(interval.lowerBound, rate))
        #expect(part { rate($0) > interval.upperBound } <= 0.025 + slack)
        #expect(
          part { rate($0) >= interval.upperBound } >= 0.025 - slack || isBetween(interval.upperBound, rate))
      }
      /// Whether a quantile was interpolated, which it may be between two neighbouring rates.
      func isBetween(_ value: Double, _ rate: ([Int]) -> Double) -> Bool {
        !all.contains { rate($0) == value }
      }
      check(try #require(bootstrap.interval(of: 0))) { Double($0[1]) / Double($0[0]) }
      check(try #require(bootstrap.interval(of: 1))) { Double($0[2]) / Double($0[0]) }
      check(try #require(bootstrap.interval(ofDifference: 0, 1))) { Double($0[1] - $0[2]) / Double($0[0]) }
    }
  }

  @Test func `every utterance is drawn as often as any other, and as many as there are`() {
    let samples = 4000
    for count in [1, 2, 3, 10, 101] {
      // A column for each utterance, which is 1 there only.
      let columns = (0..<count).map { drawn in (0..<count).map { $0 == drawn ? 1 : 0 } }
      let sums = resampledSums(columns, samples: samples, seed: 5, threads: 1)
      for sample in 0..<samples { #expect(sums.reduce(0) { $0 + $1[sample] } == count) }
      // Of samples x count draws one in `count` is each: a variance of samples (1 - 1 / count).
      for drawn in 0..<count {
        let excess = Double(sums[drawn].reduce(0, +) - samples)
        #expect(abs(excess) <= 5 * (Double(samples) * (1 - 1 / Double(count))).squareRoot())
      }
      // The first draw says nothing about the last: both at utterance 0 as often as by chance.
      let both = Double(sums[0].count { $0 == count })
      let expected = Double(samples) / Double(power(min(count, 3), min(count, 3)))
      if count <= 3 { #expect(abs(both - expected) <= 5 * expected.squareRoot()) }
    }
  }

  @Test func `threads, and systems beside it, change nothing`() {
    var generator = Seeded(7)
    let count = 31
    let systems = (0..<4).map { _ in (0..<count).map { _ in Int.random(in: 0...5, using: &generator) } }
    let reference = (0..<count).map { _ in Int.random(in: 0...9, using: &generator) }
    func results(_ systems: [[Int]], threads: Int) -> [ClosedRange<Double>?] {
      let bootstrap = Bootstrap(
        errors: systems, reference: reference, options: options(samples: 500), threads: threads)
      return [bootstrap.interval(of: 0), bootstrap.interval(of: 1), bootstrap.interval(ofDifference: 0, 1)]
    }
    let expected = results(systems, threads: 1)
    for threads in 2...3 { #expect(results(systems, threads: threads) == expected) }
    #expect(results(Array(systems.prefix(2)), threads: 1) == expected)
  }

  @Test func `a seed is a set of resamples`() {
    // Decimal digits count the draws of each of four utterances; Philox and SplitMix64 in Python say the same.
    let sums = resampledSums([[1, 10, 100, 1000]], samples: 5, seed: 1, threads: 1)
    #expect(sums == [[1102, 310, 1210, 3001, 2110]])
    let errors = [[0, 1, 2, 3, 4, 5, 6]]
    func interval(_ seed: UInt64) -> ClosedRange<Double>? {
      Bootstrap(
        errors: errors, reference: [9, 9, 2, 9, 9, 9, 9], options: options(samples: 50, seed: seed)
      ).interval(of: 0)
    }
    #expect(interval(1) == interval(1))
    #expect(interval(1) != interval(2))
  }

  @Test func `p is two-tailed, 1 for equals, and never 0`() {
    let reference = [Int](repeating: 10, count: 50)
    let (good, bad) = ([Int](repeating: 1, count: 50), [Int](repeating: 2, count: 50))
    let bootstrap = Bootstrap(
      errors: [good, bad, good], reference: reference, options: options(samples: 999))
    #expect(bootstrap.p(0, 2) == 1)
    #expect(bootstrap.p(0, 1) == 0.002 && bootstrap.p(1, 0) == 0.002)
    #expect(bootstrap.difference(0, 1) == -0.1 && bootstrap.interval(ofDifference: 0, 1) == -0.1 ... -0.1)
    #expect(bootstrap.rate(of: 1) == 0.2 && bootstrap.interval(of: 1) == 0.2...0.2)
  }

  @Test func `p falls below 5 % where the interval leaves 0 out`() throws {
    var generator = Seeded(8)
    var small = 0
    for seed in 1...60 {
      let count = Int.random(in: 5...40, using: &generator)
      let reference = (0..<count).map { _ in Int.random(in: 1...9, using: &generator) }
      let errors = (0..<2).map { system in
        (0..<count).map { _ in Int.random(in: 0...(4 + system), using: &generator) }
      }
      let bootstrap = Bootstrap(
        errors: errors, reference: reference, options: options(samples: 1999, seed: UInt64(seed)))
      let interval = try #require(bootstrap.interval(ofDifference: 0, 1))
      let p = bootstrap.p(0, 1)
      small += p < 0.05 ? 1 : 0
      // With 1999 resamples the interval ends at places 49.95 from either end: 49 on the other side of 0 keep it
      // from leaving 0 out only if the fiftieth is there too. p is then 2 x 50 / 2000 or 2 x 51 / 2000.
      if p < 0.05 { #expect(!interval.contains(0)) }
      if p > 0.051 { #expect(interval.contains(0)) }
    }
    #expect(small > 5 && small < 55)
  }

  @Test func `without reference words there is no rate`() {
    let empty = Bootstrap(errors: [[], []], reference: [], options: options(samples: 10))
    #expect(empty.rate(of: 0) == nil && empty.interval(of: 0) == nil && empty.p(0, 1) == 1)
    let silent = Bootstrap(errors: [[1], [2]], reference: [0], options: options(samples: 10))
    #expect(silent.difference(0, 1) == nil && silent.interval(ofDifference: 0, 1) == nil)
    // Half of the resamples of two utterances hold no silence only.
    let half = Bootstrap(errors: [[1, 1]], reference: [0, 4])
    #expect(half.rate(of: 0) == 0.5 && half.interval(of: 0) == 0.25...0.5)
  }

  static let measured = getenv("WARBLER_BOOTSTRAP_UTTERANCES").flatMap { Int(String(cString: $0)) }

  @Test(.enabled(if: measured != nil, "WARBLER_BOOTSTRAP_UTTERANCES is no number"), arguments: [1, 2, 4, 12])
  func `what resampling takes`(systems: Int) throws {
    let count = try #require(Self.measured)
    var generator = Seeded(14)
    func column(_ range: ClosedRange<Int>) -> [Int] {
      (0..<count).map { _ in Int.random(in: range, using: &generator) }
    }
    let reference = column(1...30)
    let errors = (0..<systems).map { _ in column(0...3) }
    let start = processorSeconds()
    #expect(Bootstrap(errors: errors, reference: reference).interval(of: 0) != nil)
    print("\(count) utterances, \(systems) systems: \(processorSeconds() - start) s of one thread")
  }

  /// Of this thread, which other processes do not lengthen.
  func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
