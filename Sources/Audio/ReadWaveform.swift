/// The sample rates, in Hz, that a recording may have. A header that claims a rate below would make its
/// samples multiply when they are resampled.
public let readableSampleRates = 1_000...768_000

/// Reads a recording, or an interval of it, as one channel at `sampleRate` Hz.
///
/// It is decoded in blocks: the channels of a block are averaged and the mean resampled by libsoxr (HQ)
/// unless the file has that rate already. Memory grows with the sound that is found, never with what a header
/// claims, and no copy of all channels is made. The content alone decides the format, never the name.
///
/// An interval is rounded to whole samples at the file's own rate and cut out before resampling. Its end may
/// lie up to 0.5 s behind the recording's (Kaldi's `--max-overshoot`), since manifests round; the samples
/// that exist are returned. PCM and FLAC are sought in; other formats are decoded from the beginning, where
/// seeking would change the samples, at a cost that grows with the offset.
///
/// The end of a recording is checked when reading arrives there: a WAV or AIFF file shorter than its header
/// says, a FLAC file with fewer samples, an Ogg stream without a last page, an MP3 file with a cut frame or
/// fewer frames than its Xing header says. Damage in the middle that costs samples shows in the same way. A
/// WAV or AIFF size that says "until the end", as programs write into a pipe (0, 0xFFFFFFFF, or from
/// 0x7F000000 on), is taken as that.
///
/// - Parameters:
///   - source: A file, or bytes that are already in memory.
///   - sampleRate: The rate of the result, in Hz.
///   - offsetSeconds: Where the interval begins; nil is the beginning.
///   - durationSeconds: How long it is; nil is up to the end.
/// - Throws: `AudioError`, for everything that a recording can have wrong. A recording that is only short is
///   none.
/// - Precondition: `sampleRate` > 0.
public func readWaveform(
  from source: AudioSource, sampleRate: Int = 16_000, offsetSeconds: Double? = nil,
  durationSeconds: Double? = nil
) throws(AudioError) -> Waveform {
  try readWaveform(
    from: source,
    ReadRequest(
      name: source.name, sampleRate: sampleRate, offsetSeconds: offsetSeconds,
      durationSeconds: durationSeconds))
}

/// What is wanted of a recording.
struct ReadRequest {
  var name: String
  var sampleRate = 16_000
  var offsetSeconds: Double?
  var durationSeconds: Double?
  /// Frames decoded at a time. It changes nothing in the result.
  var blockFrames = 65_536
}

func readWaveform(from source: AudioSource, _ request: ReadRequest) throws(AudioError) -> Waveform {
  precondition(request.sampleRate > 0, "a sample rate is positive, not \(request.sampleRate) Hz")
  switch source {
  case .pcm16LittleEndian(let bytes, let sampleRate, _):
    if bytes.isEmpty { throw .empty(name: request.name) }
    return try decode(RawPCM(bytes, sampleRate: sampleRate), request)
  case .bytes(let bytes, _):
    return try withoutLibraryChatter { () throws(AudioError) in
      try decode(StoredBytes(bytes), request)
    }
  case .file(let path):
    return try withoutLibraryChatter { () throws(AudioError) in
      try decode(StoredBytes(path: path), request)
    }
  }
}

private func decode(_ stored: StoredBytes, _ request: ReadRequest) throws(AudioError) -> Waveform {
  if stored.count == 0 { throw .empty(name: request.name) }
  if let file = SoundFile(repaired(stored) ?? stored, original: stored) { return try decode(file, request) }
  if let shortfall = shortfall(of: stored, decodedFrames: nil) {
    throw .truncated(name: request.name, shortfall)
  }
  throw .notAudio(name: request.name, container: Container(of: stored)?.rawValue)
}

/// A copy in memory of a sound file that libsndfile would read only in part, changed so that it reads all of
/// it.
private func repaired(_ stored: StoredBytes) -> StoredBytes? {
  switch Container(of: stored) {
  case .wav: closedWave(stored)
  case .mp3: countedMP3(stored)
  default: nil
  }
}

/// Something that yields a recording's frames in order, the channels averaged.
protocol BlockDecoder {
  /// Hz.
  var sampleRate: Int { get }
  var channels: Int { get }
  /// Moves to `frame` and returns true, or stays at the beginning and returns false.
  mutating func seek(toFrame frame: Int) -> Bool
  /// Fills up to `count` elements of `mono` and returns how many; none at the end.
  mutating func readBlock(into mono: inout [Float], count: Int) -> Int
  /// After the last block, which ended at `frame`: what should have followed it.
  func missingEnd(after frame: Int) -> AudioError.Shortfall?
  /// After the last block: why there was no other, if it was not the end.
  var failure: String? { get }
}

private func decode(_ decoder: some BlockDecoder, _ request: ReadRequest) throws(AudioError) -> Waveform {
  var decoder = decoder
  let rate = decoder.sampleRate
  guard readableSampleRates.contains(rate) else {
    throw .sampleRateOutOfRange(name: request.name, sampleRate: rate)
  }
  let interval = try FrameInterval(request, sampleRate: rate)
  var position = interval.start > 0 && decoder.seek(toFrame: interval.start) ? interval.start : 0
  var builder = WaveformBuilder(request, inputRate: rate)
  // The header's channel count must not multiply the block beyond a few megabytes.
  let blockFrames = max(1, min(request.blockFrames, (1 << 20) / decoder.channels))
  var block = [Float](repeating: 0, count: blockFrames)
  while position < interval.end {
    let count = decoder.readBlock(into: &block, count: min(blockFrames, interval.end - position))
    if count <= 0 { break }
    let wanted = min(count, max(0, interval.start - position))..<count
    try builder.append(block, wanted, firstFrame: position)
    position += count
  }
  if position < interval.end { try checkEnd(of: decoder, at: position, interval, request) }
  return try builder.finish()
}

/// Decides what it means that a recording has ended at frame `position` when more was wanted.
private func checkEnd(
  of decoder: some BlockDecoder, at position: Int, _ interval: FrameInterval, _ request: ReadRequest
) throws(AudioError) {
  let name = request.name
  if let shortfall = decoder.missingEnd(after: position) { throw .truncated(name: name, shortfall) }
  let seconds = Double(position) / Double(decoder.sampleRate)
  if let reason = decoder.failure { throw .damaged(name: name, seconds: seconds, reason: reason) }
  if position == 0 { throw .noSamples(name: name) }
  guard interval.accepts(recordingOf: position, sampleRate: decoder.sampleRate) else {
    throw request.intervalOutOfRange(availableSeconds: seconds)
  }
}
