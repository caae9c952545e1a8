import CZlib

/// A gzip file (RFC 1952) made of bytes as they come. It holds no time and no name: equal bytes make equal
/// files.
final class Deflation {
  private var stream = z_stream()
  private var block = [UInt8](repeating: 0, count: 1 << 16)

  init() {
    // 15 bits of window; 16 more ask for gzip's frame.
    let status = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib \(ZLIB_VERSION) cannot begin: \(status)")
  }

  deinit { deflateEnd(&stream) }

  /// What of the file is complete with these bytes.
  func compress(_ bytes: [UInt8]) -> [UInt8] { run(bytes, Z_NO_FLUSH) }

  /// The rest of the file.
  func finish() -> [UInt8] { run([], Z_FINISH) }

  private func run(_ bytes: [UInt8], _ mode: Int32) -> [UInt8] {
    var result: [UInt8] = []
    bytes.withUnsafeBufferPointer { input in
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(input.count)
      var room: UInt32 = 0
      // zlib is done with the input once it leaves room in the output.
      while room == 0 {
        block.withUnsafeMutableBufferPointer { output in
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          _ = deflate(&stream, mode)
          room = stream.avail_out
        }
        result.append(contentsOf: block[..<(block.count - Int(room))])
      }
    }
    return result
  }
}
