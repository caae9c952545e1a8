#if canImport(Glibc)
import Glibc
#endif

/// Random numbers by place: the n-th number of a stream is a function of seed, name and n alone, so that
/// nothing depends on the order or the thread in which they are asked for.
///
/// SplitMix64 (Steele, Lea and Flood 2014), whose state is a counter, begun at a hash of seed and name.
struct RandomStream: Sendable {
  private let origin: UInt64

  init(seed: UInt64, name: String) {
    // FNV-1a
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    origin = Self.mixed(hash ^ Self.mixed(seed &+ Self.increment))
  }

  private static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  func bits(_ index: Int) -> UInt64 { Self.mixed(origin &+ UInt64(index + 1) &* Self.increment) }

  /// Uniform, in steps of 2^-53, at least 0 and below 1.
  func uniform(_ index: Int) -> Double { Double(bits(index) >> 11) * 0x1p-53 }

  /// Standard normal (Box and Muller 1958): a pair of uniforms for each index.
  func normal(_ index: Int) -> Double {
    let radius = (-2 * log(1 - uniform(2 * index))).squareRoot()
    return radius * cos(2 * .pi * uniform(2 * index + 1))
  }
}

/// What a tensor's elements are drawn from.
enum Distribution: Equatable, Sendable {
  case constant(Float)
  /// Between `low` and `high`.
  case uniform(Double, Double)
  /// Of this standard deviation, around 0.
  case normal(Double)

  /// Around 0, with variance 2 / inputs: `kaiming_normal_` (He et al. 2015).
  static func kaiming(inputs: Int) -> Distribution { .normal((2 / Double(inputs)).squareRoot()) }

  /// Within 1 / sqrt(inputs) of 0: how PyTorch begins linear layers and convolutions.
  static func torch(inputs: Int) -> Distribution {
    let bound = 1 / Double(inputs).squareRoot()
    return .uniform(-bound, bound)
  }

  /// The element at `index` of a tensor whose numbers are `stream`.
  func element(_ index: Int, of stream: RandomStream) -> Float {
    switch self {
    case .constant(let value): value
    case .uniform(let low, let high): Float(low + (high - low) * stream.uniform(index))
    case .normal(let deviation): Float(deviation * stream.normal(index))
    }
  }

  /// `count` elements of the tensor `name`.
  func elements(_ count: Int, seed: UInt64, name: String) -> [Float] {
    let stream = RandomStream(seed: seed, name: name)
    return (0..<count).map { element($0, of: stream) }
  }
}
