#if canImport(Glibc)
import Glibc
#endif

/// The lines of a text, with their numbers, out of one buffer of the size of a block or of the longest line.
package final class LineReader {
  package let path: String
  /// Of the line that was given last, counted from 1.
  package private(set) var number = 0
  private let source: ByteSource
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private var unread = 0..<0
  private var isAtEnd = false

  /// The longest line that is taken.
  private static let limit = 1 << 26

  /// - Parameter path: a text, plain or gzip'd.
  package convenience init(path: String) throws(LanguageModelError) {
    self.init(try OpenedFile(path: path))
  }

  init(_ file: OpenedFile) {
    path = file.path
    source = ByteSource(file)
  }

  deinit { buffer.deallocate() }

  /// The next line without its end (LF or CR LF), nil after the last one. It lasts until the next call.
  package func next() throws(LanguageModelError) -> UnsafeRawBufferPointer? {
    var searched = 0
    while true {
      let rest = unread.dropFirst(searched)
      if let base = buffer.baseAddress, !rest.isEmpty,
        let found = memchr(base + rest.lowerBound, Int32(UInt8(ascii: "\n")), rest.count)
      {
        return line(until: found - UnsafeMutableRawPointer(base))
      }
      searched = unread.count
      if isAtEnd {
        if unread.isEmpty { return nil }
        return line(until: unread.upperBound)
      }
      try fill()
    }
  }

  private func line(until end: Int) -> UnsafeRawBufferPointer {
    var bytes = UnsafeRawBufferPointer(rebasing: buffer[unread.lowerBound..<end])
    if bytes.last == UInt8(ascii: "\r") { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
    unread = min(end + 1, unread.upperBound)..<unread.upperBound
    number += 1
    return bytes
  }

  private func fill() throws(LanguageModelError) {
    if unread.lowerBound > 0 {
      buffer.baseAddress.map { _ = memmove($0, $0 + unread.lowerBound, unread.count) }
      unread = 0..<unread.count
    }
    if unread.count == buffer.count { try grow() }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
    do throws(ByteSource.Failure) {
      let count = try source.read(into: room)
      isAtEnd = count == 0
      unread = unread.lowerBound..<unread.upperBound + count
    } catch {
      throw LanguageModelError(
        error.kind, path: path, line: number + 1, expected: error.expected, found: error.found,
        remedy: error.remedy)
    }
  }

  private func grow() throws(LanguageModelError) {
    guard buffer.count < Self.limit else {
      throw LanguageModelError(
        .malformed, path: path, line: number + 1, expected: "a line of at most \(Self.limit) bytes",
        found: "a longer one", remedy: "check that this is a text")
    }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * buffer.count, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
    buffer.deallocate()
    buffer = larger
  }
}
