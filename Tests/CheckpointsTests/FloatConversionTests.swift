import TestSupport
import Testing

@testable import Checkpoints

/// The value of a pattern by the definition of IEEE 754: (-1)^s 2^(e - bias) (1 + f), and 2^(1 - bias) f for
/// e = 0.
private func value(of bits: UInt32, exponentBits: Int, fractionBits: Int) -> Double {
  let sign = bits >> (exponentBits + fractionBits) == 0 ? 1.0 : -1.0
  let exponent = Int(bits >> fractionBits) & (1 << exponentBits - 1)
  let fraction = Double(bits & (1 << fractionBits - 1)) / Double(1 << fractionBits)
  let bias = 1 << (exponentBits - 1) - 1
  func power(_ n: Int) -> Double { Double(sign: .plus, exponent: n, significand: 1) }
  if exponent == 1 << exponentBits - 1 { return fraction == 0 ? sign * .infinity : .nan }
  if exponent == 0 { return sign * fraction * power(1 - bias) }
  return sign * (1 + fraction) * power(exponent - bias)
}

@Suite("Conversions of floats")
struct FloatConversionTests {
  @Test("Every half-precision pattern has the value that IEEE 754 defines")
  func allHalves() {
    for bits in UInt16.min ... .max {
      let got = float(fromFloat16: bits)
      let want = value(of: UInt32(bits), exponentBits: 5, fractionBits: 10)
      if want.isNaN {
        #expect(got.isNaN)
      } else if Double(got) != want || got.sign != want.sign {
        Issue.record("\(bits): \(got), not \(want)")
      }
    }
  }

  @Test("Every half-precision pattern survives the way to a float and back")
  func halvesRoundTrip() {
    for bits in UInt16.min ... .max {
      let back = float16(float(fromFloat16: bits))
      // A NaN comes back quiet.
      let want = bits & 0x7FFF > 0x7C00 ? bits | 0x0200 : bits
      if back != want { Issue.record("\(bits) came back as \(back)") }
    }
  }

  @Test("Every bfloat16 pattern has the value that its definition gives, and survives the way back")
  func allBrainFloats() {
    let bytes = (UInt16.min ... .max).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    var floats = [Float](repeating: 0, count: 65536)
    bytes.withUnsafeBytes { source in
      floats.withUnsafeMutableBufferPointer { widen(.bfloat16, source, into: $0) }
    }
    for bits in UInt16.min ... .max {
      let want = value(of: UInt32(bits), exponentBits: 8, fractionBits: 7)
      let got = floats[Int(bits)]
      if want.isNaN {
        #expect(got.isNaN)
        #expect(bfloat16(got) == bits | 0x0040)
      } else if Double(got) != want || got.sign != want.sign || bfloat16(got) != bits {
        Issue.record("\(bits): \(got), not \(want)")
      }
    }
  }

  @Test("Rounding to half precision is to nearest, ties to even, from both sides of every midpoint")
  func halfRounding() {
    for low in UInt16(0)..<0x7C00 {
      let below = float(fromFloat16: low)
      let above = low == 0x7BFF ? 65536 : float(fromFloat16: low + 1)
      let middle = (below + above) / 2  // Exact: both have 11 bits.
      let even = low % 2 == 0 ? low : low + 1
      if float16(middle) != even || float16(middle.nextDown) != low || float16(middle.nextUp) != low + 1 {
        Issue.record("around \(middle)")
      }
      if float16(-middle) != even | 0x8000 { Issue.record("around \(-middle)") }
    }
    #expect(float16(.greatestFiniteMagnitude) == 0x7C00)
    #expect(float16(.leastNonzeroMagnitude) == 0)
    #expect(float16(-.infinity) == 0xFC00)
    #expect(float16(.nan) == 0x7E00)
  }

  @Test("Rounding to bfloat16 is to nearest, ties to even, and overflows to infinity")
  func brainRounding() {
    for low in UInt16(0)..<0x7F80 {
      let middle = Float(bitPattern: UInt32(low) << 16 | 0x8000)
      let even = low % 2 == 0 ? low : low + 1
      if bfloat16(middle) != even || bfloat16(middle.nextDown) != low || bfloat16(middle.nextUp) != low + 1 {
        Issue.record("around \(middle)")
      }
    }
    #expect(bfloat16(.greatestFiniteMagnitude) == 0x7F80)
    #expect(bfloat16(Float(bitPattern: 0x7F80_0001)) == 0x7FC0)
    #expect(bfloat16(-.infinity) == 0xFF80)
  }

  @Test("Random floats agree with the library's half-precision conversions")
  func agreesWithLibrary() {
    var random = Seeded(3)
    for _ in 0..<200_000 {
      // Exponents around the range of halves.
      let bits =
        UInt32(truncatingIfNeeded: random.next()) & 0x8FFF_FFFF
        | (UInt32.random(in: 3...4, using: &random) << 28)
      let float = Float(bitPattern: bits)
      if !float.isNaN && float16(float) != Float16(float).bitPattern { Issue.record("\(float)") }
    }
  }
}
