/// Compares the size of a RIFF, RIFX or RF64 file's `data` chunk with the bytes that are there.
func waveShortfall(_ stored: StoredBytes) -> AudioError.Shortfall? {
  let isBigEndian = stored.bytes(at: 0, 4).elementsEqual("RIFX".utf8)
  let number: (ArraySlice<UInt8>) -> UInt64 = isBigEndian ? { bigEndian($0) } : { littleEndian($0) }
  return chunkShortfall(stored, audioChunk: "data", number: number)
}

/// Compares the size of an AIFF or AIFF-C file's `SSND` chunk with the bytes that are there.
func aiffShortfall(_ stored: StoredBytes) -> AudioError.Shortfall? {
  chunkShortfall(stored, audioChunk: "SSND", number: { bigEndian($0) })
}

/// A copy of a RIFF file whose `data` chunk has size 0 and yet bytes behind it, with the size filled in; nil
/// for any other file. Recorders that were killed leave such files, and libsndfile finds no sound in them.
///
/// A file whose first size accounts for all its bytes is no such file: it has no sound, and chunks behind the
/// sound.
func closedWave(_ stored: StoredBytes) -> StoredBytes? {
  guard stored.bytes(at: 0, 4).elementsEqual("RIFF".utf8) else { return nil }
  let riffSize = Int(littleEndian(stored.bytes(at: 4, 4)))
  guard riffSize + 8 < stored.count || isOpenEnded(UInt64(riffSize)),
    let sound = soundChunk(in: stored, named: "data", number: { littleEndian($0) }),
    sound.size == 0, sound.start < stored.count
  else { return nil }
  var bytes = Array(stored.bytes(at: 0, stored.count))
  let size = UInt32(clamping: stored.count - sound.start)
  for index in 0..<4 { bytes[sound.start - 4 + index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
  return StoredBytes(bytes)
}

private func chunkShortfall(
  _ stored: StoredBytes, audioChunk: String, number: (ArraySlice<UInt8>) -> UInt64
) -> AudioError.Shortfall? {
  if let sound = soundChunk(in: stored, named: audioChunk, number: number) {
    return missing(sound.size, from: sound.start, stored)
  }
  // The sound was not reached. The first size counts everything from byte 8 on.
  return missing(number(stored.bytes(at: 4, 4)), from: 8, stored)
}

/// Walks through the chunks behind a file's 12-byte head to the one that holds the sound: each has a name (4
/// bytes), a size (4 bytes), that many bytes, and one more if the size is odd.
///
/// - Returns: where its bytes begin and how many it claims. RF64 keeps a size too large for four bytes in
///   `ds64`.
private func soundChunk(
  in stored: StoredBytes, named audioChunk: String, number: (ArraySlice<UInt8>) -> UInt64
) -> (start: Int, size: UInt64)? {
  var position = 12
  var largeSize: UInt64?
  // No writer makes thousands of chunks, but a hostile file can.
  for _ in 0..<4096 {
    let header = stored.bytes(at: position, 8)
    guard header.count == 8 else { return nil }
    let name = header.prefix(4)
    let size = number(header.suffix(4))
    position += 8
    if name.elementsEqual(audioChunk.utf8) {
      return (position, size == 0xffff_ffff ? largeSize ?? size : size)
    }
    if name.elementsEqual("ds64".utf8) { largeSize = number(stored.bytes(at: position + 8, 8)) }
    position += Int(size + size % 2)
  }
  return nil
}

/// Whether a 32-bit size was written before the length was known: ffmpeg writes 0xFFFFFFFF or 0 into a pipe,
/// SoX 0x7FFFF000 or 0x7F000008, arecord 0x80000000. A true size of 2 GB cannot be told from them.
private func isOpenEnded(_ size: UInt64) -> Bool { size == 0 || (0x7f00_0000...0xffff_ffff).contains(size) }

/// The shortfall if `size` bytes from `start` on go beyond the end.

private func missing(_ size: UInt64, from start: Int, _ stored: StoredBytes) -> AudioError.Shortfall? {
  if isOpenEnded(size) { return nil }
  let expected = size < UInt64(Int.max / 2) ? start + Int(size) : Int.max
  return expected > stored.count ? .bytes(expected: expected, found: stored.count) : nil
}
