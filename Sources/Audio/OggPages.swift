/// Looks at the last page of an Ogg file: it must be whole and carry the flag that ends its stream.
///
/// A page is "OggS", version 0 (1 byte), flags (1), position (8), serial (4), sequence (4), checksum (4), the
/// number of segments (1), a size for each (1), and the segments: 65,307 bytes at most. (RFC 3533)
///
/// - Returns: nil also if there is no page within a page's length of the end: something else was appended.
func oggShortfall(_ stored: StoredBytes) -> AudioError.Shortfall? {
  let headerLength = 27
  let tailStart = max(0, stored.count - 65_307)
  let tail = Array(stored.bytes(at: tailStart, stored.count - tailStart))
  let starts = tail.indices.reversed()
  guard let start = starts.first(where: { tail[$0...].starts(with: [0x4f, 0x67, 0x67, 0x53, 0]) }) else {
    return nil
  }
  let page = tail[start...]
  guard page.count >= headerLength else {
    return .bytes(expected: tailStart + start + headerLength, found: stored.count)
  }
  let segments = Int(page[start + 26])
  let sizes = page.dropFirst(headerLength).prefix(segments)
  let length = headerLength + segments + sizes.reduce(0) { $0 + Int($1) }
  if length > page.count { return .bytes(expected: tailStart + start + length, found: stored.count) }
  let endsStream = page[start + 5] & 0x04 != 0
  return endsStream ? nil : .endOfStream
}
