#if canImport(Glibc)
import Glibc
#endif

/// Three significant digits, as people write them: 0.0123, 4.56, 1230, 5e-05.
public func shortNumber(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "-infinity" : "infinity" }
  guard value != 0 else { return "0" }
  let exponent = Int(floor(log10(abs(value))))
  let scale = pow(10, Double(2 - exponent))
  let rounded = scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value
  // Dividing leaves digits such as 0.30000000000000004 only in products; a quotient of integers prints short.
  return plain(rounded)
}

/// 0.987 as 99 %.
package func percent(_ part: Double) -> String { "\(Int((100 * part).rounded())) %" }

func isPowerOfTen(_ count: Int) -> Bool {
  var power = 1
  while power < count { power *= 10 }
  return power == count
}
