import TestSupport
import Testing

@testable import LanguageModel

@Suite struct `Decimal numbers` {
  func number(_ text: String) -> Float? { Array(text.utf8).withUnsafeBytes { decimalNumber($0) } }

  @Test func `are the nearest floats, whatever their form`() {
    var generator = Seeded(1)
    for _ in 0..<20_000 {
      let value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator))
      if value.isFinite { #expect(number("\(value)") == value) }
      let digits = Int.random(in: 1...25, using: &generator)
      let text = (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &generator))" }.joined()
      let decimal = "-\(text.prefix(3)).\(text.dropFirst(3))e\(Int.random(in: -45...20, using: &generator))"
      // Rounded twice, through a double: by one unit at most from the nearest.
      let nearest = Float(decimal) ?? .nan
      let ours = number(decimal) ?? .nan
      #expect(ours == nearest || ours == nearest.nextUp || ours == nearest.nextDown, "\(decimal)")
    }
    for (text, value) in [
      ("0", 0), ("-0", 0), ("+1.5", 1.5), (".5", 0.5), ("5.", 5), ("1E2", 100), ("1e+2", 100),
    ] {
      #expect(number(text) == Float(value), "\(text)")
    }
    #expect(number("1e-999999") == 0 && number("0.\(String(repeating: "0", count: 60))1e61") == 1)
  }

  @Test(arguments: [
    "", "-", ".", "e5", "1e", "1e+", "1x", "--1", "1.2.3", "nan", "inf", "-Infinity", "0x10", "1e40", "1 ",
    "1e9999999", "1e1234567890",
  ])
  func `and nothing else is one`(text: String) { #expect(number(text) == nil) }
}
