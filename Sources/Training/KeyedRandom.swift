/// Random numbers that follow from a key alone: the same key gives the same numbers in any order of asking,
/// on any number of threads and after a resume.
///
/// The generator is SplitMix64 (Steele, Lea and Flood 2014); the words of the key go through its mixing
/// function one after the other to give where it starts.
package struct KeyedRandom: RandomNumberGenerator {
  private var state: UInt64

  /// What the numbers are for: streams of equal keys but different purposes are independent.
  package enum Purpose: UInt64 {
    case batches = 1
    case augmentation = 2
    case noise = 3
    case crops = 4
  }

  package init(_ purpose: Purpose, _ key: UInt64...) {
    state = key.reduce(Self.mixed(purpose.rawValue)) { Self.mixed(($0 ^ $1) &+ Self.increment) }
  }

  private static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15

  package mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform over the range.
  package mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// An index below `count`, which is above 0. The bias against some of them is below count / 2^64.
  package mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
