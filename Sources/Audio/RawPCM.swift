/// Samples without a header: one channel, signed 16-bit, little-endian. A sample is the integer over 32768.
struct RawPCM: BlockDecoder {
  let sampleRate: Int
  let channels = 1
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8], sampleRate: Int) {
    self.bytes = bytes
    self.sampleRate = sampleRate
  }

  var failure: String? { nil }

  mutating func seek(toFrame frame: Int) -> Bool {
    guard frame <= bytes.count / 2 else { return false }
    position = frame
    return true
  }

  mutating func readBlock(into mono: inout [Float], count: Int) -> Int {
    let count = min(count, bytes.count / 2 - position)
    for index in 0..<count {
      let byte = 2 * (position + index)
      mono[index] = Float(Int16(bitPattern: UInt16(bytes[byte]) | UInt16(bytes[byte + 1]) << 8)) / 32768
    }
    position += count
    return count
  }

  /// An odd byte is half a sample: the end is cut, or the bytes are not 16-bit PCM.
  func missingEnd(after frame: Int) -> AudioError.Shortfall? {
    bytes.count % 2 == 0 ? nil : .bytes(expected: bytes.count + 1, found: bytes.count)
  }
}
