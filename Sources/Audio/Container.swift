/// The file formats whose end can be checked, known by their first bytes. The raw value is the name for
/// messages.
enum Container: String {
  case wav = "WAV"
  case aiff = "AIFF"
  case flac = "FLAC"
  case ogg = "OGG"
  case mp3 = "MP3"

  /// - Returns: nil for every other format, audio or not.
  init?(of stored: StoredBytes) {
    let start = lengthOfID3v2Tags(in: stored)
    let head = stored.bytes(at: start, 12)
    func has(_ tag: StaticString, at offset: Int) -> Bool {
      head.dropFirst(offset).starts(
        with: UnsafeBufferPointer(start: tag.utf8Start, count: tag.utf8CodeUnitCount))
    }
    if has("RIFF", at: 0) || has("RIFX", at: 0) || has("RF64", at: 0), has("WAVE", at: 8) {
      self = .wav
    } else if has("FORM", at: 0), has("AIFF", at: 8) || has("AIFC", at: 8) {
      self = .aiff
    } else if has("fLaC", at: 0) {
      self = .flac
    } else if has("OggS", at: 0) {
      self = .ogg
    } else if MPEGFrame(stored.bytes(at: start, 4)) != nil || start > 0 {
      self = .mp3
    } else {
      return nil
    }
  }
}

/// What the container says is missing at the end, or nil if it is whole or cannot be told.
///
/// Needed because libsndfile says nothing: it cuts the size of a WAV or AIFF file down to what is there, and
/// ends Ogg and MP3 streams early without an error.
///
/// - Parameter decodedFrames: How many frames were decoded of the whole file; nil if it could not be opened.
func shortfall(of stored: StoredBytes, decodedFrames: Int?) -> AudioError.Shortfall? {
  switch Container(of: stored) {
  case .wav: waveShortfall(stored)
  case .aiff: aiffShortfall(stored)
  case .flac: flacHeaderShortfall(stored)
  case .ogg: oggShortfall(stored)
  case .mp3: mp3Shortfall(stored, decodedFrames: decodedFrames)
  case nil: nil
  }
}

/// The bytes that ID3v2 tags take at the beginning, where MP3 and some FLAC files have them.
func lengthOfID3v2Tags(in stored: StoredBytes) -> Int {
  var length = 0
  // Ten bytes: "ID3", version (2), flags (1), then the size of the rest, 7 bits a byte.
  while length < stored.count {
    let tag = Array(stored.bytes(at: length, 10))
    guard tag.count == 10, tag.starts(with: "ID3".utf8) else { break }
    let hasFooter = tag[5] & 0x10 != 0
    length += tag[6...].reduce(0) { $0 << 7 | Int($1 & 0x7f) } + (hasFooter ? 20 : 10)
  }
  return length
}

/// FLAC's metadata: blocks of a flag and type byte, a 24-bit size, and that many bytes. The samples behind
/// them are counted by decoding.
private func flacHeaderShortfall(_ stored: StoredBytes) -> AudioError.Shortfall? {
  var position = lengthOfID3v2Tags(in: stored) + 4
  while true {
    let header = Array(stored.bytes(at: position, 4))
    guard header.count == 4 else { return .bytes(expected: position + 4, found: stored.count) }
    position += 4 + Int(bigEndian(header[1...]))
    if position > stored.count { return .bytes(expected: position, found: stored.count) }
    let isLast = header[0] & 0x80 != 0
    if isLast { return nil }
  }
}

/// An unsigned number of up to eight bytes, the most significant first.
func bigEndian(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

/// An unsigned number of up to eight bytes, the least significant first.
func littleEndian(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 { bigEndian(bytes.reversed()) }
