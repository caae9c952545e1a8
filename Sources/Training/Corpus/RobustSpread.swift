#if canImport(Glibc)
import Glibc
#endif

/// The middle and the spread of positive numbers that outliers do not move: the median and the median
/// absolute deviation of their logarithms.
struct RobustSpread {
  /// Of the numbers.
  let median: Double
  /// Of their natural logarithms: 1.4826 times the median absolute deviation, which for a normal distribution
  /// is its standard deviation.
  let deviation: Double

  /// - Parameter values: above 0; at least one.
  init(ofLogarithmsOf values: [Double]) {
    let logarithms = values.map { log($0) }
    let middle = Self.median(logarithms)
    median = exp(middle)
    deviation = 1.4826 * Self.median(logarithms.map { abs($0 - middle) })
  }

  /// Whether a number is more than so many deviations and more than that factor away from the median.
  func isOutlier(_ value: Double, deviations: Double, factor: Double) -> Bool {
    let distance = abs(log(value / median))
    return distance > deviations * deviation && distance > log(factor)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
