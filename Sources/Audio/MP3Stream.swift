/// What a walk from frame to frame finds in an MP3 file: four bytes are read of each.
///
/// The walk ends where it meets anything that is no frame of the same version and rate.
struct MP3Stream {
  let first: MPEGFrame
  /// The frame count of the Xing or VBRI header: nil without such a header, 0 if it holds no count.
  let statedCount: Int?
  /// Where sound begins: behind ID3v2 tags and the frame that holds a Xing or VBRI header.
  let soundStart: Int
  /// Whole frames of sound.
  private(set) var count = 0
  /// Where the last frame ends, or should end.
  private(set) var end: Int
  /// Whether the last frame reaches beyond the end of the file.
  private(set) var isCut = false
  /// Whether the walk ended with the file or at a tag behind the sound (ID3v1, APEv2), not at something
  /// unknown.
  private(set) var endsWithFile = false

  /// - Returns: nil if there is no frame behind the ID3v2 tags.
  init?(_ stored: StoredBytes) {
    let start = lengthOfID3v2Tags(in: stored)
    guard let first = MPEGFrame(stored.bytes(at: start, 4)) else { return nil }
    self.first = first
    statedCount = statedFrameCount(stored, start, first)
    soundStart = statedCount == nil ? start : start + first.byteCount
    end = soundStart
    while let frame = MPEGFrame(stored.bytes(at: end, 4)), frame.matches(first) {
      isCut = end + frame.byteCount > stored.count
      end += frame.byteCount
      if isCut { break }
      count += 1
    }
    let rest = stored.bytes(at: end, 8)
    endsWithFile = rest.count < 4 || rest.starts(with: "TAG".utf8) || rest.starts(with: "APETAGEX".utf8)
  }
}

/// Checks that the last frame is whole, and that there are as many as the Xing header counts.
///
/// Only that header tells that a file was cut between two frames, or has lost sound in the middle.
///
/// - Parameter decodedFrames: How many samples of each channel the decoder has made of the whole file, if it
///   could.
func mp3Shortfall(_ stored: StoredBytes, decodedFrames: Int?) -> AudioError.Shortfall? {
  let start = lengthOfID3v2Tags(in: stored)
  if start > stored.count { return .bytes(expected: start, found: stored.count) }
  guard let stream = MP3Stream(stored) else { return nil }
  let samples = stream.first.sampleCount
  let stated = stream.statedCount ?? 0
  if stated == 0 && stream.isCut {
    // One header alone may be chance: four bytes of some other file.
    let isMP3 = stream.count > 0 || stream.statedCount != nil || start > 0
    return isMP3 ? .bytes(expected: stream.end, found: stored.count) : nil
  }
  // Some encoders count the frame that holds the header.
  if stream.isCut || stream.endsWithFile && stream.count < stated - 1 {
    return .frames(expected: stated * samples, found: stream.count * samples)
  }
  let expected = stated > 0 ? stated : stream.endsWithFile ? stream.count : 0
  // Up to four frames are the encoder's delay and padding, which the decoder takes away.
  if let decodedFrames, decodedFrames < (expected - 4) * samples {
    return .frames(expected: expected * samples, found: decodedFrames)
  }
  return nil
}

/// A copy of an MP3 file without a frame count, with a Xing header put before its sound; nil for any other
/// file.
///
/// Without that count libmpg123 estimates the length from the first frames, and libsndfile stops reading at
/// the estimate: of a file with a variable bit rate it may read half.
func countedMP3(_ stored: StoredBytes) -> StoredBytes? {
  guard let stream = MP3Stream(stored), stream.statedCount ?? 0 == 0, stream.count > 0 else { return nil }
  var header = Array(stored.bytes(at: lengthOfID3v2Tags(in: stored), 4))
  header[1] |= 0x01  // no checksum
  header[2] = header[2] & 0x0d | 0x90  // 128 or 80 kbit/s, no padding: long enough for the header
  guard let frame = MPEGFrame(header[...]) else { return nil }
  // Behind an unknown stretch there may be more frames, of 24 bytes at least. Too high a count does no harm.
  let unknown = stream.endsWithFile || stream.isCut ? 0 : (stored.count - stream.end) / 24
  let count = stream.count + unknown
  header += [UInt8](repeating: 0, count: frame.sideInformationLength)
  header +=
    Array("Xing".utf8) + [0, 0, 0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
  header += [UInt8](repeating: 0, count: frame.byteCount - header.count)
  return StoredBytes(header + stored.bytes(at: stream.soundStart, stored.count - stream.soundStart))
}

/// The frame count that the first frame may hold instead of sound: behind the side information "Xing" or
/// "Info", four bytes of flags, and the count if flag 1 is set; or, 36 bytes from the beginning, "VBRI", ten
/// bytes, and the count.
///
/// - Returns: nil if the first frame is sound, 0 if there is a header without a count.
private func statedFrameCount(_ stored: StoredBytes, _ start: Int, _ first: MPEGFrame) -> Int? {
  let xing = Array(stored.bytes(at: start + 4 + first.sideInformationLength, 12))
  if xing.count == 12, xing.starts(with: "Xing".utf8) || xing.starts(with: "Info".utf8) {
    return xing[7] & 1 == 0 ? 0 : Int(bigEndian(xing[8...]))
  }
  let vbri = Array(stored.bytes(at: start + 36, 18))
  return vbri.count == 18 && vbri.starts(with: "VBRI".utf8) ? Int(bigEndian(vbri[14...])) : nil
}
