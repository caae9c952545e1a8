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

  /// Standard normals 2 n and 2 n + 1 (Box and Muller 1958).
  func normals(_ pair: Int) -> (Double, Double) {
    let radius = (-2 * log(1 - uniform(2 * pair))).squareRoot()
    let angle = 2 * .pi * uniform(2 * pair + 1)
    return (radius * cos(angle), radius * sin(angle))
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

  /// Writes elements `range` of the tensor whose numbers are `stream` to `elements` and what follows it.
  func write(_ range: Range<Int>, of stream: RandomStream, to elements: UnsafeMutablePointer<Float>) {
    switch self {
    case .constant(let value): elements.update(repeating: value, count: range.count)
    case .uniform(let low, let high):
      for index in range {
        elements[index - range.lowerBound] = Float(low + (high - low) * stream.uniform(index))
      }
    case .normal(let deviation):
      for pair in range.lowerBound / 2..<(range.upperBound + 1) / 2 {
        let normals = stream.normals(pair)
        let first = 2 * pair - range.lowerBound
        if first >= 0 { elements[first] = Float(deviation * normals.0) }
        if first + 1 < range.count { elements[first + 1] = Float(deviation * normals.1) }
      }
    }
  }

  /// Elements `range` of the tensor `name`.
  func elements(_ range: Range<Int>, seed: UInt64, name: String) -> [Float] {
    [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let elements = buffer.baseAddress {
        write(range, of: RandomStream(seed: seed, name: name), to: elements)
      }
      count = range.count
    }
  }
}
