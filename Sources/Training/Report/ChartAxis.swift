#if canImport(Glibc)
import Glibc
#endif

/// One direction of a chart: values to pixels, and where it is labelled.
struct ChartAxis {
  enum Scale { case linear, logarithmic }

  let scale: Scale
  /// What it shows, ends included.
  let range: ClosedRange<Double>
  let ticks: [Double]

  /// An axis for values between `low` and `high`, with about `count` labels.
  ///
  /// A logarithmic axis needs values above 0.
  init(_ scale: Scale, from low: Double, to high: Double, count: Int, tight: Bool = false) {
    self.scale = scale
    let high = high > low ? high : low + max(abs(low) * 0.1, 1e-12)
    if scale == .logarithmic {
      let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
      let mantissas: [Double] = log10(high / low) < 2 ? [1, 2, 5] : [1]
      let all = decades.flatMap { exponent in mantissas.map { $0 * pow(10, Double(exponent)) } }
      let lower = all.last { $0 <= low * 1.0001 } ?? low
      let upper = all.first { $0 >= high * 0.9999 } ?? high
      range = lower...upper
      let inside = all.filter { $0 >= lower * 0.999 && $0 <= upper * 1.001 }
      let stride = inside.count <= count + 2 ? 1 : (inside.count + count - 1) / count
      ticks = inside.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    } else {
      let step = Self.step(atLeast: (high - low) / Double(count))
      let lower = tight ? low : step.times(Int(floor(low / step.size)))
      let upper = tight ? high : step.times(Int(ceil(high / step.size)))
      range = lower...upper
      let first = Int(ceil(lower / step.size - 1e-9))
      let last = Int(floor(upper / step.size + 1e-9))
      ticks = first <= last ? (first...last).map(step.times) : []
    }
  }

  /// Where a value lies: 0 at the low end, 1 at the high end; what lies outside is moved to the end.
  func part(_ value: Double) -> Double {
    let part =
      scale == .linear
      ? (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      : log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    return min(1, max(0, part))
  }

  /// 1, 2 or 5 times a power of ten.
  private struct Step {
    let mantissa: Double
    let power: Double

    var size: Double { times(1) }

    /// One rounding, since powers of ten up to 10^22 are exact: 3 x 0.1 is 0.3.
    func times(_ count: Int) -> Double {
      let product = Double(count) * mantissa
      return power < 0 ? product / pow(10, -power) : product * pow(10, power)
    }
  }

  private static func step(atLeast size: Double) -> Step {
    let power = floor(log10(size))
    let mantissa = size / pow(10, power)
    let nice = mantissa <= 1.001 ? 1.0 : mantissa <= 2.001 ? 2 : mantissa <= 5.001 ? 5 : 10
    return Step(mantissa: nice, power: power)
  }
}
