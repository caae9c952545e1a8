/// Where the entries of a ZIP archive lie (APPNOTE 6.3.10, with its 64-bit fields), for entries that are
/// stored as they are.
struct ZipDirectory {
  struct Entry {
    let name: String
    /// Of its bytes in the archive.
    let range: Range<Int>
  }

  /// Why it is none, in a few words.
  struct Malformed: Error {
    let found: String
  }

  private(set) var entries: [Entry] = []
  private let bytes: UnsafeRawBufferPointer

  static func isArchive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 4 && bytes.prefix(4).elementsEqual([0x50, 0x4B, 0x03, 0x04])
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
    self.bytes = bytes
    var (place, count) = try directory()
    while count > 0 {
      guard try number(4, at: place) == 0x0201_4B50 else {
        throw Malformed(found: "no entry at byte \(place)")
      }
      let lengths = (
        name: try number(2, at: place + 28), extra: try number(2, at: place + 30),
        comment: try number(2, at: place + 32)
      )
      let name = String(decoding: try slice(place + 46, lengths.name), as: UTF8.self)
      guard try number(2, at: place + 10) == 0 else { throw Malformed(found: "\(name) compressed") }
      var size = try number(4, at: place + 24)
      var header = try number(4, at: place + 42)
      try extend(
        &size, &header, hasStoredSize: try number(4, at: place + 20) == 0xFFFF_FFFF,
        from: place + 46 + lengths.name, length: lengths.extra)
      guard try number(4, at: header) == 0x0403_4B50 else {
        throw Malformed(found: "no \(name) at its place")
      }
      let begin = header + 30 + (try number(2, at: header + 26)) + (try number(2, at: header + 28))
      _ = try slice(begin, size)
      entries.append(Entry(name: name, range: begin..<begin + size))
      place += 46 + lengths.name + lengths.extra + lengths.comment
      count -= 1
    }
  }

  /// Where the list of entries begins, and how many there are.
  private func directory() throws(Malformed) -> (place: Int, count: Int) {
    // The record at the end has 22 bytes and a comment of up to 65,535.
    var end = bytes.count - 22
    let last = max(0, end - 65_535)
    while end >= last {
      if try number(4, at: end) == 0x0605_4B50 {
        guard end >= 20, try number(4, at: end - 20) == 0x0706_4B50 else {
          return (try number(4, at: end + 16), try number(2, at: end + 10))
        }
        let wide = try number(8, at: end - 12)
        guard try number(4, at: wide) == 0x0606_4B50 else { throw Malformed(found: "no 64-bit end record") }
        return (try number(8, at: wide + 48), try number(8, at: wide + 32))
      }
      end -= 1
    }
    throw Malformed(found: "its list of entries missing: the file is truncated")
  }

  /// Numbers that do not fit in 32 bits stand in an extra field, in this order.
  private func extend(
    _ size: inout Int, _ header: inout Int, hasStoredSize: Bool, from begin: Int, length: Int
  ) throws(Malformed) {
    var place = begin
    while place + 4 <= begin + length {
      let kind = try number(2, at: place)
      let next = place + 4 + (try number(2, at: place + 2))
      place += 4
      if kind == 1 {
        if size == 0xFFFF_FFFF {
          size = try number(8, at: place)
          place += 8
        }
        if hasStoredSize { place += 8 }
        if header == 0xFFFF_FFFF { header = try number(8, at: place) }
      }
      place = next
    }
  }

  private func slice(_ begin: Int, _ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
    guard begin >= 0, count >= 0, begin <= bytes.count, count <= bytes.count - begin else {
      throw Malformed(found: "its end before what it lists: the file is truncated")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + count])
  }

  private func number(_ count: Int, at place: Int) throws(Malformed) -> Int {
    var value: UInt64 = 0
    for byte in try slice(place, count).reversed() { value = value << 8 | UInt64(byte) }
    guard let number = Int(exactly: value) else { throw Malformed(found: "a length of \(value) bytes") }
    return number
  }
}
