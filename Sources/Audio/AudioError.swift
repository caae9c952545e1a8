internal import Glibc

/// Why a recording could not be read. Its `description` is one line: the name first, then what was expected,
/// what was found, and what to do.
public enum AudioError: Error, Equatable, Sendable {
  /// The file could not be opened or read; `errorNumber` is the system's `errno`.
  case unreadable(name: String, errorNumber: Int32)

  /// The path is a device or a socket, not a file or a pipe.
  case notAFile(name: String)

  /// There are no bytes at all.
  case empty(name: String)

  /// The content is no audio, or audio that cannot be decoded. `container` names the format that its first
  /// bytes claim, if they claim one.
  case notAudio(name: String, container: String?)

  /// The header gives a sample rate (Hz) outside of `readableSampleRates`.
  case sampleRateOutOfRange(name: String, sampleRate: Int)

  /// The end is missing, or, where frames were counted, it may have been lost to damage before it.
  case truncated(name: String, Shortfall)

  /// Decoding stopped before the end, `seconds` after the beginning, for the decoder's `reason`.
  case damaged(name: String, seconds: Double, reason: String)

  /// It is well formed and holds no samples.
  case noSamples(name: String)

  /// A sample is NaN or infinite. `index` counts frames (samples of each channel) from the beginning of the
  /// file at the file's own rate; `seconds` is the same place.
  case notFinite(name: String, isNaN: Bool, index: Int, seconds: Double)

  /// The interval that was asked for is not in the recording, or is no interval. Seconds all of them;
  /// `availableSeconds` is nil if it was refused before anything was read.
  case intervalOutOfRange(
    name: String, offsetSeconds: Double, durationSeconds: Double?, availableSeconds: Double?)

  /// What is missing at the end of a truncated recording.
  public enum Shortfall: Equatable, Sendable {
    /// Sample frames: the header's count and how many could be decoded.
    case frames(expected: Int, found: Int)
    /// Bytes: how many the headers promise, and how many there are.
    case bytes(expected: Int, found: Int)
    /// An Ogg stream without its last page; how long it was meant to be is not recorded.
    case endOfStream
  }

  /// The name of the recording, as the caller gave it.
  public var name: String {
    switch self {
    case .unreadable(let name, _), .notAFile(let name), .empty(let name), .notAudio(let name, _),
      .sampleRateOutOfRange(let name, _), .truncated(let name, _), .damaged(let name, _, _),
      .noSamples(let name), .notFinite(let name, _, _, _), .intervalOutOfRange(let name, _, _, _):
      name
    }
  }
}

extension AudioError: CustomStringConvertible {
  public var description: String { oneLine("\(name): \(explanation)") }

  private var explanation: String {
    switch self {
    case .unreadable(_, let errorNumber):
      "cannot be read: \(String(cString: strerror(errorNumber))); \(remedy(for: errorNumber))"
    case .notAFile:
      "cannot be read: expected a file or a pipe, found a device or a socket; pass a file"
    case .empty:
      "is empty: expected an audio file, found 0 bytes; record or copy it again"
    case .notAudio(_, nil):
      "is not audio: expected WAV, FLAC, OGG Vorbis or Opus, MP3 or AIFF, found none of them; "
        + "convert it to one of these"
    case .notAudio(_, .some(let container)):
      "cannot be decoded: it begins like \(container), but its header is damaged or its encoding is not "
        + "supported; convert it to 16-bit WAV or FLAC"
    case .sampleRateOutOfRange(_, let sampleRate):
      "expected a sample rate from \(readableSampleRates.lowerBound) to \(readableSampleRates.upperBound) Hz, "
        + "found \(sampleRate) Hz; correct its header or convert it"
    case .truncated(_, let shortfall):
      "is truncated\(shortfall.explanation); copy or convert it again"
    case .damaged(_, let seconds, let reason):
      "is damaged: decoding stopped at \(inSeconds(seconds)) (\(reason)); copy or convert it again"
    case .noSamples:
      "holds no samples: expected sound after its header, found 0 samples; record or convert it again"
    case .notFinite(_, let isNaN, let index, let seconds):
      "sample \(index) (at \(inSeconds(seconds))) is \(isNaN ? "NaN" : "infinite"): expected finite samples; "
        + "repair or convert it again"
    case .intervalOutOfRange(_, let offset, let duration, let available):
      "interval out of range: asked for \(duration.map(inSeconds) ?? "the rest") from \(inSeconds(offset)), "
        + (available.map { "found \(inSeconds($0)) of audio" } ?? "expected an offset >= 0 and a duration > 0")
        + "; correct the offset and the duration"
    }
  }
}

extension AudioError.Shortfall {
  fileprivate var explanation: String {
    switch self {
    case .frames(let expected, let found):
      " or damaged: expected \(expected) samples a channel, found \(found)"
    case .bytes(let expected, let found):
      ": expected \(expected) bytes, found \(found)"
    case .endOfStream:
      ": expected a last page that ends the Ogg stream, found none"
    }
  }
}

/// What to do about an `errno`.
private func remedy(for errorNumber: Int32) -> String {
  switch errorNumber {
  case ENOENT, ENOTDIR: "check the path"
  case EACCES, EPERM: "make it readable"
  case EISDIR: "name the audio files in it"
  default: "check the path and the disk"
  }
}

/// Seconds to the millisecond, with their unit.
private func inSeconds(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000) s" }

/// The text with its control characters escaped, so that a path with a line feed in it cannot break the line.
private func oneLine(_ text: String) -> String {
  text.unicodeScalars.reduce(into: "") { line, scalar in
    if scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" {
      line += scalar.escaped(asASCII: true)
    } else {
      line.unicodeScalars.append(scalar)
    }
  }
}
