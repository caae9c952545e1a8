import Checkpoints
import Hashing

/// The file of one utterance's features: a header of 192 bytes and (T, C), row-major without gaps.
///
/// | bytes | |
/// |---|---|
/// | 0..<8 | `WARBFEAT` |
/// | 8..<12, 12..<16 | version, 1; bits of an element, 16 or 32 |
/// | 16..<24, 24..<32 | T; C |
/// | 32..<40 | the speed factor, float64 |
/// | 40..<72, 72..<104 | the encoder's hash; the audio's |
/// | 104..<160 | zeros |
/// | 160..<192 | SHA-256 of bytes 0..<160 and all from 192 on |
///
/// Numbers are little-endian. All but T and C is known to whoever looks the entry up, so a header is checked
/// by making it again.
struct FeatureEntry {
  static let headerBytes = 192
  private static let digestBegin = 160
  private static let version: UInt32 = 1

  let encoderHash: [UInt8]
  let precision: FeatureCache.Precision
  let key: FeatureKey

  /// The header without its last 32 bytes.
  private func header(frames: Int, channels: Int) -> [UInt8] {
    var bytes = Array("WARBFEAT".utf8)
    append(Self.version, to: &bytes)
    append(UInt32(precision.bits), to: &bytes)
    append(UInt64(frames), to: &bytes)
    append(UInt64(channels), to: &bytes)
    append(key.speed.bitPattern, to: &bytes)
    bytes += encoderHash + FeatureEntry.bytes(ofHexadecimal: key.audioHash)
    return bytes + [UInt8](repeating: 0, count: Self.digestBegin - bytes.count)
  }

  private func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  /// Writes a file with this payload beside its place, flushes it and gives it its name.
  func write(
    _ payload: UnsafeRawBufferPointer, frames: Int, channels: Int, to path: String
  ) throws(CheckpointError) {
    let header = header(frames: frames, channels: channels)
    var file = try AtomicFile(path: path)
    try file.write(header + Self.digest(header, payload))
    try file.write(payload)
    try file.commit()
  }

  /// The shape of a file that is whole and of this entry; nil for any other.
  func shape(of file: MappedFile) -> (frames: Int, channels: Int)? {
    let bytes = file.bytes
    guard bytes.count >= Self.headerBytes else { return nil }
    let frames = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    let channels = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    let count = frames.multipliedReportingOverflow(by: channels)
    let payload = UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes...])
    guard !count.overflow, count.partialValue <= UInt64(Int.max / 8),
      frames <= UInt64(Int.max), channels <= UInt64(Int.max),
      Int(count.partialValue) * precision.bits / 8 == payload.count
    else { return nil }
    let header = header(frames: Int(frames), channels: Int(channels))
    guard bytes.prefix(Self.digestBegin).elementsEqual(header),
      bytes[Self.digestBegin..<Self.headerBytes].elementsEqual(Self.digest(header, payload))
    else { return nil }
    return (Int(frames), Int(channels))
  }

  private static func digest(_ header: [UInt8], _ payload: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(header)
    hash.update(payload)
    return hash.finalize()
  }

  /// - Precondition: an even number of hexadecimal digits.
  static func bytes(ofHexadecimal text: String) -> [UInt8] {
    let digits = text.unicodeScalars.map { digit -> UInt8 in
      guard let value = Character(digit).hexDigitValue else { preconditionFailure("\(text) is no hash") }
      return UInt8(value)
    }
    precondition(digits.count % 2 == 0, "\(text) is no hash")
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
