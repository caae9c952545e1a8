import CHashing

/// SHA-256 (FIPS 180-4), which names contents: of recordings, of weights, of caches.
///
/// It runs at the speed of the processor's own instructions where there are any, and gives the same everywhere.
/// A copy goes on by itself, so that texts with one beginning need not be read twice.
public struct SHA256: Sendable {
  private var hash = ch_sha256()

  /// Bytes of a hash; its text has two digits for each.
  public static let byteCount = 32

  /// The hash of nothing so far.
  public init() { self.init(isPortable: false) }

  /// - Parameter isPortable: leaves the processor's instructions for it aside; the result is the same.
  init(isPortable: Bool) { ch_sha256_begin(&hash, isPortable) }

  /// Takes more bytes in.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress { ch_sha256_update(&hash, start, bytes.count) }
  }

  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Takes the UTF-8 of a text in.
  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The 32 bytes of the hash of all that was taken in; it then begins anew.
  public mutating func finalize() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    ch_sha256_finish(&hash, &digest)
    self = SHA256(isPortable: hash.portable)
    return digest
  }

  /// `finalize()` as 64 lower-case digits.
  public mutating func finalizeHex() -> String { hexadecimal(finalize()) }

  /// The hash of `bytes`, as 64 lower-case digits.
  public static func hex(of bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalizeHex()
  }

  public static func hex(of bytes: [UInt8]) -> String { bytes.withUnsafeBytes { hex(of: $0) } }

  /// The hash of the UTF-8 of a text, as 64 lower-case digits.
  public static func hex(of text: String) -> String { hex(of: Array(text.utf8)) }
}

/// Bytes as lower-case digits, two for each.
public func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
