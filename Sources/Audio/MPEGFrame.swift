/// The four bytes that begin a frame of MPEG audio, layer III. (ISO 11172-3, ISO 13818-3)
struct MPEGFrame: Equatable {
  /// 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5.
  let version: UInt8
  /// Hz.
  let sampleRate: Int
  let isMono: Bool
  /// The length of the frame, these four bytes included.
  let byteCount: Int

  /// Samples of each channel in a frame.
  var sampleCount: Int { version == 3 ? 1152 : 576 }

  /// Bytes of side information after the header; a Xing header stands behind them.
  var sideInformationLength: Int { version == 3 ? (isMono ? 17 : 32) : (isMono ? 9 : 17) }

  /// - Returns: nil for what is no header, for other layers, and for the free format, whose frames state no
  ///   length.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 4 else { return nil }
    let word = UInt32(bigEndian(bytes.prefix(4)))
    let version = UInt8(word >> 19 & 3)
    let bitRateIndex = Int(word >> 12 & 15)
    let sampleRateIndex = Int(word >> 10 & 3)
    guard word >> 21 == 0x7ff, version != 1, word >> 17 & 3 == 1, (1...14).contains(bitRateIndex),
      sampleRateIndex < 3
    else { return nil }
    let kilobits =
      version == 3
      ? [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
      : [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    self.version = version
    sampleRate = [44_100, 48_000, 32_000][sampleRateIndex] >> (version == 3 ? 0 : version == 2 ? 1 : 2)
    isMono = word >> 6 & 3 == 3
    let padding = Int(word >> 9 & 1)
    byteCount =
      (version == 3 ? 144 : 72) * 1000 * kilobits[bitRateIndex - 1] / sampleRate + padding
  }

  /// Whether the other can follow in the same stream.
  func matches(_ other: MPEGFrame) -> Bool { version == other.version && sampleRate == other.sampleRate }
}
