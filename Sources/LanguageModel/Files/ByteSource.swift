import CZlib

#if canImport(Glibc)
import Glibc
#endif

/// The bytes of a file one after another; those of a gzip file (RFC 1952, of any number of members) inflated.
final class ByteSource {
  /// Why there are no more bytes; whoever counts lines adds where.
  struct Failure: Error {
    let kind: LanguageModelError.Kind
    let expected: String
    let found: String
    let remedy: String
  }

  private let file: OpenedFile
  private var inflation: Inflation?

  /// - Parameter file: at its beginning.
  init(_ file: OpenedFile) {
    self.file = file
    if file.beginning.starts(with: Self.gzipMagic) { inflation = Inflation() }
  }

  /// What gzip files begin with.
  static let gzipMagic: [UInt8] = [0x1F, 0x8B]

  /// Fills `bytes` at least in part; 0 at the end.
  func read(into bytes: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard let inflation else { return try readFile(into: bytes) }
    return try inflation.read(into: bytes) { input throws(Failure) in try readFile(into: input) }
  }

  private func readFile(into bytes: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    do {
      return try file.read(into: bytes)
    } catch {
      throw Failure(
        kind: .unreadable, expected: "to read on", found: "\(error)", remedy: "check the disk")
    }
  }
}

/// zlib's state between two reads.
private final class Inflation {
  private var stream = z_stream()
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  /// Between two members, where the file may end.
  private var isBetweenMembers = true

  init() {
    // 15 bits of window; 16 more ask for gzip's frame and its check sum.
    let status = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib \(ZLIB_VERSION) cannot begin: \(status)")
  }

  deinit {
    inflateEnd(&stream)
    input.deallocate()
  }

  func read(
    into bytes: UnsafeMutableRawBufferPointer,
    from file: (UnsafeMutableRawBufferPointer) throws(ByteSource.Failure) -> Int
  ) throws(ByteSource.Failure) -> Int {
    stream.next_out = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(min(bytes.count, 1 << 30))
    let wanted = stream.avail_out
    while stream.avail_out == wanted {
      if stream.avail_in == 0 {
        let count = try file(input)
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(count)
        if count == 0 {
          if isBetweenMembers { return 0 }
          throw ByteSource.Failure(
            kind: .truncated, expected: "a whole gzip file", found: "its end inside the compressed data",
            remedy: LanguageModelError.fetchAgain)
        }
      }
      if isBetweenMembers, try skipsPadding() { continue }
      isBetweenMembers = false
      let status = inflate(&stream, Z_NO_FLUSH)
      if status == Z_STREAM_END {
        isBetweenMembers = true
        inflateReset(&stream)
      } else if status != Z_OK && status != Z_BUF_ERROR {
        throw ByteSource.Failure(
          kind: .damaged, expected: "sound gzip data",
          found: stream.msg.map { String(cString: $0) } ?? "zlib's status \(status)",
          remedy: LanguageModelError.fetchAgain)
      }
    }
    return Int(wanted - stream.avail_out)
  }

  /// Zeros after a member, as tapes leave them, are nothing.
  private func skipsPadding() throws(ByteSource.Failure) -> Bool {
    guard let next = stream.next_in, next.pointee == 0 else { return false }
    stream.next_in = next + 1
    stream.avail_in -= 1
    return true
  }
}
