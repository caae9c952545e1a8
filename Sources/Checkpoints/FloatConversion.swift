// Conversions between storage formats and Float. The 16-bit ones are written on bit patterns, without
// branches and without library calls, so that they vectorise on any CPU.

/// Converts little-endian elements of a readable type to floats.
///
/// - Precondition: `bytes` holds `output.count` elements; `type.isReadableAsFloat`.
package func widen(
  _ type: DataType, _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>
) {
  precondition(bytes.count == output.count * type.bitsPerElement / 8, "wrong size of buffer")
  guard let source = bytes.baseAddress, let target = output.baseAddress else { return }
  switch type {
  case .float32:
    UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: bytes.count)
  case .float16:
    for i in 0..<output.count {
      target[i] = float(fromFloat16: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
    }
  case .bfloat16:
    for i in 0..<output.count {
      let bits = source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
      target[i] = Float(bitPattern: UInt32(bits) << 16)
    }
  case .float64:
    for i in 0..<output.count {
      target[i] = Float(source.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
    }
  default: preconditionFailure("\(type.rawValue) is not readable as floats")
  }
}

/// Converts floats to little-endian half-precision patterns, each the nearest.
///
/// - Precondition: as many halves as floats.
package func narrow(
  _ floats: UnsafeBufferPointer<Float>, toFloat16 halves: UnsafeMutableBufferPointer<UInt16>
) {
  precondition(floats.count == halves.count, "\(floats.count) floats into \(halves.count) halves")
  for i in 0..<floats.count { halves[i] = float16(floats[i]).littleEndian }
}

/// The value of a half-precision pattern (1 sign, 5 exponent, 10 fraction bits), exactly; NaNs keep their
/// payload.
@inline(__always)
func float(fromFloat16 half: UInt16) -> Float {
  let magnitude = UInt32(half & 0x7FFF)
  let shifted = magnitude << 13
  // Exponents differ by 127 - 15 = 112.
  let normal = shifted &+ (112 << 23)
  // 2^-14 (1 + f) - 2^-14 = 2^-14 f, without a subnormal operand.
  let smallest: UInt32 = 113 << 23
  let subnormal = (Float(bitPattern: smallest | shifted) - Float(bitPattern: smallest)).bitPattern
  let special = shifted | 0x7F80_0000
  let bits = magnitude < 0x0400 ? subnormal : magnitude < 0x7C00 ? normal : special
  return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
}

/// The nearest half-precision pattern, ties to even; above 65504 by half a step and more, infinity.
@inline(__always)
func float16(_ value: Float) -> UInt16 {
  let sign = UInt32(value.bitPattern >> 16) & 0x8000
  let magnitude = value.bitPattern & 0x7FFF_FFFF
  // Normal: rebias and drop 13 bits, rounding. A carry out of the fraction raises the exponent, as it should.
  let rebiased = magnitude &- (112 << 23)
  let normal = (rebiased &+ 0x0FFF &+ ((rebiased >> 13) & 1)) >> 13
  // Subnormal: adding 0.5 leaves a multiple of 2^-24, rounded by the addition itself, in the low bits.
  let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
  let special: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 | (magnitude >> 13 & 0x03FF) : 0x7C00
  // 65520 is half-way between the largest half and 2^16.
  let bits = magnitude < 113 << 23 ? subnormal : magnitude < Float(65520).bitPattern ? normal : special
  return UInt16(truncatingIfNeeded: bits | sign)
}

/// The nearest bfloat16 pattern (the upper half of a Float), ties to even; NaNs stay NaNs, made quiet.
@inline(__always)
func bfloat16(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
  let quiet = bits >> 16 | 0x0040
  return UInt16(truncatingIfNeeded: bits & 0x7FFF_FFFF > 0x7F80_0000 ? quiet : rounded)
}
