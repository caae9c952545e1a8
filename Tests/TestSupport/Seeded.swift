/// A small seeded generator (SplitMix64, Steele et al. 2014), so that a failure can be repeated.
public struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  public init(_ seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  public mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// `count` floats between -1 and 1.
public func random(_ count: Int, _ seed: UInt64) -> [Float] {
  var generator = Seeded(seed)
  return generator.floats(count)
}

/// Half the distance between 1 and the next float: the relative error of one rounding.
public let rounding = Double(Float.ulpOfOne) / 2
