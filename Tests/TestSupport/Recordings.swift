/// The numbers as bytes, the least significant first.
public func little<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// Samples as raw PCM.
public func pcm(_ samples: [Int16]) -> [UInt8] { samples.flatMap { little($0) } }

/// A mono WAV file of 16-bit samples, whose sizes say what they are told to.
public func wav(
  _ samples: [Int16], sampleRate: UInt32 = 16_000, riffSize: UInt32? = nil, dataSize: UInt32? = nil
) -> [UInt8] {
  wav(pcm(samples), code: 1, sampleBytes: 2, sampleRate: sampleRate, riffSize: riffSize, dataSize: dataSize)
}

/// A mono WAV file of 32-bit floats at 16 kHz.
public func wav(floats: [Float]) -> [UInt8] {
  wav(floats.flatMap { little($0.bitPattern) }, code: 3, sampleBytes: 4, sampleRate: 16_000)
}

/// `code` is the format tag: 1 for integers, 3 for floats.
private func wav(
  _ data: [UInt8], code: UInt16, sampleBytes: UInt16, sampleRate: UInt32, riffSize: UInt32? = nil,
  dataSize: UInt32? = nil
) -> [UInt8] {
  var bytes = Array("RIFF".utf8) + little(riffSize ?? UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
  bytes += little(UInt32(16)) + little(code, 1)
  bytes += little(sampleRate, sampleRate &* UInt32(sampleBytes)) + little(sampleBytes, 8 * sampleBytes)
  return bytes + Array("data".utf8) + little(dataSize ?? UInt32(data.count)) + data
}

/// Seeded noise: samples in 0..<2^14.
public func noise(_ count: Int, seed: UInt64 = 1) -> [Int16] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int16(truncatingIfNeeded: state >> 50)
  }
}
