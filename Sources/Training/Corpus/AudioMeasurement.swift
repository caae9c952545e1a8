import Hashing

#if canImport(Glibc)
import Glibc
#endif

/// What a corpus check has to know of an utterance's samples.
public struct AudioMeasurement: Sendable, Hashable {
  public let samples: Int
  /// Hertz.
  public let sampleRate: Int
  /// The largest distance of a sample from the mean, in dB below full scale (1); -infinity for a constant.
  public let peakDecibels: Double
  /// The root mean square distance from the mean, likewise.
  public let levelDecibels: Double
  /// See ``audioHash(of:)``.
  public let hash: String

  public var seconds: Double { Double(samples) / Double(sampleRate) }

  /// - Parameters:
  ///   - samples: as decoded, at the model's rate; not normalised.
  ///   - sampleRate: in Hz, above 0.
  public init(of samples: [Float], sampleRate: Int) {
    precondition(sampleRate > 0, "a sample rate of \(sampleRate) Hz")
    self.samples = samples.count
    self.sampleRate = sampleRate
    let mean = samples.reduce(0.0) { $0 + Double($1) } / Double(max(1, samples.count))
    var peak = 0.0
    var squares = 0.0
    for sample in samples {
      let distance = Double(sample) - mean
      peak = max(peak, abs(distance))
      squares += distance * distance
    }
    peakDecibels = 20 * log10(peak)
    levelDecibels = 10 * log10(squares / Double(max(1, samples.count)))
    hash = audioHash(of: samples)
  }
}

/// The content of an utterance as 64 hexadecimal digits: SHA-256 of its samples as decoded, float32 in
/// little-endian order, at the model's sample rate and before any normalisation.
///
/// The same sound has the same hash in WAV and FLAC, under any name and in any recording that it is cut from.
public func audioHash(of samples: [Float]) -> String { samples.withUnsafeBytes { SHA256.hex(of: $0) } }
