#if canImport(Glibc)
import Glibc
#endif

/// Reads a decimal number that fills `bytes`: an optional sign, digits with an optional point, an optional
/// exponent. nil for anything else, NaN, infinity and what overflows included.
///
/// Up to 2^53 in digits and 22 in exponent, the mantissa and the power of ten are exact in double precision
/// and one operation rounds (Clinger 1990); other numbers go through `strtod`.
func decimalNumber(_ bytes: UnsafeRawBufferPointer) -> Float? {
  var index = 0
  var isNegative = false
  if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
    isNegative = bytes[index] == UInt8(ascii: "-")
    index += 1
  }
  var mantissa: UInt64 = 0
  var (digits, fraction) = (0, 0)
  var isBehindPoint = false
  while index < bytes.count {
    let digit = bytes[index] &- UInt8(ascii: "0")
    if digit < 10 {
      digits += 1
      if isBehindPoint { fraction += 1 }
      if digits <= 18 { mantissa = 10 * mantissa + UInt64(digit) }
    } else if bytes[index] == UInt8(ascii: "."), !isBehindPoint {
      isBehindPoint = true
    } else {
      break
    }
    index += 1
  }
  guard digits > 0, let written = exponent(bytes.dropFirst(index)) else { return nil }
  let power = written - fraction
  let value: Double
  if digits <= 18, mantissa < 1 << 53, abs(power) <= 22 {
    value = power < 0 ? Double(mantissa) / powersOfTen[-power] : Double(mantissa) * powersOfTen[power]
  } else {
    value = abs(strtod(String(decoding: bytes, as: UTF8.self), nil))
  }
  let number = Float(isNegative ? -value : value)
  return number.isFinite ? number : nil
}

/// The exponent that `bytes` are, 0 for none; nil if they are none.
private func exponent(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
  guard let mark = bytes.first else { return 0 }
  guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
  let text = bytes.dropFirst()
  // What does not fit is as good as zero or infinite.
  return text.count > 8 ? nil : Int(String(decoding: text, as: UTF8.self))
}

private let powersOfTen: [Double] = (0...22).map { pow(10, Double($0)) }
