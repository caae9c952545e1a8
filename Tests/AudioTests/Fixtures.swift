import CSndFile
import Glibc
import TestSupport

/// A container and an encoding, as libsndfile combines them.
struct Format: Sendable, CustomStringConvertible {
  var description: String
  var code: Int

  init(_ description: String, _ container: Int, _ encoding: Int) {
    self.description = description
    code = container | encoding
  }

  static let wav16 = Format("WAV 16", SF_FORMAT_WAV, SF_FORMAT_PCM_16)
  static let wavFloat = Format("WAV float", SF_FORMAT_WAV, SF_FORMAT_FLOAT)
  static let flac16 = Format("FLAC 16", SF_FORMAT_FLAC, SF_FORMAT_PCM_16)
  static let aiff16 = Format("AIFF 16", SF_FORMAT_AIFF, SF_FORMAT_PCM_16)
  static let vorbis = Format("Vorbis", SF_FORMAT_OGG, SF_FORMAT_VORBIS)
  static let opus = Format("Opus", SF_FORMAT_OGG, SF_FORMAT_OPUS)
  static let mp3 = Format("MP3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III)
}

/// Writes a file with libsndfile. `frames` is interleaved: (n, channels).
func writeAudio(
  _ path: String, _ format: Format, sampleRate: Int = 16_000, channels: Int = 1, floats frames: [Float]
) {
  write(path, format, sampleRate, channels) { handle in
    sf_writef_float(handle, frames, sf_count_t(frames.count / channels)) == frames.count / channels
  }
}

/// The same from integers at full scale: the upper bits are stored, so that what is read back is known
/// exactly.
func writeAudio(
  _ path: String, _ format: Format, sampleRate: Int = 16_000, channels: Int = 1, integers frames: [Int32]
) {
  write(path, format, sampleRate, channels) { handle in
    sf_writef_int(handle, frames, sf_count_t(frames.count / channels)) == frames.count / channels
  }
}

private func write(
  _ path: String, _ format: Format, _ sampleRate: Int, _ channels: Int, _ body: (OpaquePointer) -> Bool
) {
  var info = SF_INFO()
  info.samplerate = Int32(sampleRate)
  info.channels = Int32(channels)
  info.format = Int32(format.code)
  guard let handle = sf_open(path, Int32(SFM_WRITE), &info) else {
    preconditionFailure("libsndfile cannot write \(format): \(String(cString: sf_strerror(nil)))")
  }
  precondition(body(handle), "libsndfile stopped while writing \(format)")
  sf_close(handle)
}

/// A sine of amplitude 0.5, with phase 0 at sample 0.
func sine(_ frequency: Double, sampleRate: Int, count: Int, amplitude: Double = 0.5) -> [Float] {
  (0..<count).map { Float(amplitude * sin(2 * .pi * frequency * Double($0) / Double(sampleRate))) }
}

/// Seeded noise over all 32 bits.
func noise(count: Int, seed: UInt64 = 1) -> [Int32] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int32(truncatingIfNeeded: state >> 32)
  }
}

/// Seeded noise in [-1, 1).
func floatNoise(count: Int, seed: UInt64 = 1) -> [Float] {
  noise(count: count, seed: seed).map { Float($0 >> 8) / 8_388_608 }
}

/// The correlation coefficient of two signals over their common length.
func correlation(_ a: [Float], _ b: [Float]) -> Double {
  var (ab, aa, bb) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    ab += Double(x) * Double(y)
    aa += Double(x) * Double(x)
    bb += Double(y) * Double(y)
  }
  return ab / (aa * bb).squareRoot()
}
