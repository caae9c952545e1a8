/// A sound file for a browser to play.
public struct PlayableAudio: Sendable, Equatable {
  /// As `audio/flac`.
  public let mediaType: String
  public let bytes: [UInt8]

  /// A file as it is. Browsers play WAV, FLAC, MP3 and, most of them, Ogg.
  public init(mediaType: String, bytes: [UInt8]) {
    self.mediaType = mediaType
    self.bytes = bytes
  }

  /// A mono WAV file of 8-bit mu-law (ITU-T G.711), half the size of 16-bit samples: quantisation noise lies
  /// some 38 dB below the signal.
  ///
  /// - Parameter samples: in -1...1; what lies outside is clipped.
  public init(muLaw samples: [Float], sampleRate: Int) {
    self.init(data: samples.map { muLaw(pcm16($0)) }, format: 7, bytesPerSample: 1, sampleRate)
  }

  /// A mono WAV file of 16-bit samples.
  public init(pcm16 samples: [Float], sampleRate: Int) {
    let data = samples.flatMap { little(UInt16(bitPattern: Int16(pcm16($0))), 2) }
    self.init(data: data, format: 1, bytesPerSample: 2, sampleRate)
  }

  /// RIFF: the format, for other than plain samples their number, and the data, padded to an even length.
  private init(data: [UInt8], format: Int, bytesPerSample: Int, _ sampleRate: Int) {
    let description =
      little(format, 2) + little(1, 2) + little(sampleRate, 4) + little(sampleRate * bytesPerSample, 4)
      + little(bytesPerSample, 2) + little(8 * bytesPerSample, 2) + little(0, 2)
    let chunks =
      Array("WAVEfmt ".utf8) + little(description.count, 4) + description
      + Array("fact".utf8) + little(4, 4) + little(data.count / bytesPerSample, 4)
      + Array("data".utf8) + little(data.count, 4) + data + (data.count % 2 == 0 ? [] : [0])
    self.init(mediaType: "audio/wav", bytes: Array("RIFF".utf8) + little(chunks.count, 4) + chunks)
  }
}

private func little(_ value: some BinaryInteger, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func pcm16(_ sample: Float) -> Int {
  sample.isNaN ? 0 : Int(max(-32768, min(32767, (sample * 32768).rounded())))
}

/// Sign, exponent and four bits of mantissa of the magnitude + 33 in 14 bits, here + 132 in 16, all inverted.
func muLaw(_ sample: Int) -> UInt8 {
  let magnitude = min(abs(sample), 32635) + 132
  let exponent = Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7
  let mantissa = magnitude >> (exponent + 3) & 15
  return ~UInt8((sample < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
}
