extension JSONParser {
  /// The number that begins here: an integer if it is written as one and fits, a double otherwise.
  mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    let negative = take(UInt8(ascii: "-"))
    if options.acceptsNonFiniteNumbers, peek == UInt8(ascii: "I") {
      return try literal("Infinity", .number(-.infinity))
    }
    var digits = DigitRun()
    if take(UInt8(ascii: "0")) {
      if let byte = peek, isDigit(byte) { throw error("a number may not begin with a superfluous 0") }
    } else {
      try readDigits(into: &digits, after: "-")
    }
    var isInteger = true
    var fraction = 0
    if take(UInt8(ascii: ".")) {
      isInteger = false
      let before = index
      try readDigits(into: &digits, after: ".")
      fraction = index - before
    }
    var exponent = 0
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      index += 1
      exponent = try readExponent()
    }
    if isInteger, let value = digits.integer(negative: negative) { return .integer(value) }
    if let value = digits.exactDouble(scaledBy: exponent - fraction) {
      return .number(negative ? -value : value)
    }
    return .number(try rounded(start..<index))
  }

  private mutating func readDigits(into run: inout DigitRun, after what: String) throws(JSONError) {
    guard let byte = peek, isDigit(byte) else { throw unexpected("a digit after \(what)") }
    while let byte = peek, isDigit(byte) {
      run.append(byte - 0x30)
      index += 1
    }
  }

  private mutating func readExponent() throws(JSONError) -> Int {
    let negative = take(UInt8(ascii: "-"))
    if !negative { _ = take(UInt8(ascii: "+")) }
    guard let byte = peek, isDigit(byte) else { throw unexpected("a digit in the exponent") }
    var value = 0
    while let byte = peek, isDigit(byte) {
      if value < 100_000 { value = value * 10 + Int(byte - 0x30) }
      index += 1
    }
    return negative ? -value : value
  }

  /// The standard library's correctly rounded conversion, for what the short way cannot do exactly.
  private func rounded(_ range: Range<Int>) throws(JSONError) -> Double {
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    guard let value = Double(text) else { throw failure(.numberOutOfRange, at: range.lowerBound) }
    if value.isInfinite && !options.acceptsNonFiniteNumbers {
      throw failure(.numberOutOfRange, at: range.lowerBound)
    }
    return value
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}

/// The digits of a number as one integer, as long as 64 bits hold them.
private struct DigitRun {
  var value: UInt64 = 0
  var overflowed = false

  mutating func append(_ digit: UInt8) {
    let (product, carried) = value.multipliedReportingOverflow(by: 10)
    let (sum, carriedAgain) = product.addingReportingOverflow(UInt64(digit))
    overflowed = overflowed || carried || carriedAgain
    value = sum
  }

  func integer(negative: Bool) -> Int64? {
    if overflowed { return nil }
    if negative { return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil }
    return Int64(exactly: value)
  }

  /// value * 10^power when one correctly rounded operation on two exact doubles gives it: value below 2^53
  /// and |power| at most 22 (Clinger, "How to read floating point numbers accurately", 1990).
  func exactDouble(scaledBy power: Int) -> Double? {
    guard !overflowed, value <= 1 << 53, abs(power) <= 22 else { return nil }
    return power < 0 ? Double(value) / powersOfTen[-power] : Double(value) * powersOfTen[power]
  }
}

private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19, 1e20, 1e21, 1e22,
]
