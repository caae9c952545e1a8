import Audio
import CTC
import Hashing

#if canImport(Glibc)
import Glibc
#endif

/// What an utterance sounds like, whatever its file is called.
public struct SoundIdentity: Sendable, Hashable {
  /// SHA-256 of the bytes of the recording as they came; of raw samples, of a line `pcm16le RATE` and the
  /// samples.
  public let recordingHash: String
  /// The part of the recording; nil for the whole.
  public let interval: Utterance.Interval?

  /// Of emissions, for which the sound is not there: their numbers, little-endian, behind a line `emissions T
  /// V`.
  init(_ emissions: Emissions) {
    var hash = SHA256()
    hash.update("emissions \(emissions.frames) \(emissions.vocabularySize)\n")
    emissions.logPosteriors.withUnsafeBytes { hash.update($0) }
    self.init(recordingHash: hash.finalizeHex(), interval: nil)
  }

  init(recordingHash: String, interval: Utterance.Interval?) {
    self.recordingHash = recordingHash
    self.interval = interval
  }

  /// What the utterance is known by: for a whole recording the hash of its bytes; for an interval SHA-256 of
  ///
  ///     RECORDING offset=1.5 duration=2.25
  ///
  /// where the numbers are the shortest that read back to the same, and a duration that reaches to the end is
  /// `end`.
  public var hash: String {
    guard let interval else { return recordingHash }
    let length = interval.durationSeconds.map { "\($0)" } ?? "end"
    return SHA256.hex(of: "\(recordingHash) offset=\(interval.offsetSeconds) duration=\(length)")
  }
}

/// Hashes of recordings. That of the last file is kept: the rows of a manifest often cut one recording up.
struct RecordingHashes: Sendable {
  private var last: (path: String, hash: String)?

  init() {}

  mutating func hash(of source: AudioSource) throws(HashingError) -> String {
    switch source {
    case .bytes(let bytes, _): return SHA256.hex(of: bytes)
    case .pcm16LittleEndian(let bytes, let sampleRate, _):
      var hash = SHA256()
      hash.update("pcm16le \(sampleRate)\n")
      hash.update(bytes)
      return hash.finalizeHex()
    case .file(let path):
      if let last, last.path == path { return last.hash }
      let hash = try SHA256.hex(ofFile: path)
      last = (path, hash)
      return hash
    }
  }
}
