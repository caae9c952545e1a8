import CSndFile
import Glibc

/// A directory that is removed, with what is in it, at the end of its life.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/warbler-audio-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template)!)
  }

  deinit {
    for name in names(in: path) { unlink(file(name)) }
    rmdir(path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes the bytes and returns the path.
  func write(_ bytes: some Sequence<UInt8>, to name: String) -> String {
    let file = fopen(self.file(name), "wb")!
    let bytes = Array(bytes)
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return self.file(name)
  }
}

/// The names in a directory, but "." and "..".
func names(in directory: String) -> [String] {
  guard let handle = opendir(directory) else { return [] }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

func contents(of path: String) -> [UInt8] {
  guard let file = fopen(path, "rb") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&block, 1, block.count, file)
    if count == 0 { return bytes }
    bytes += block[..<count]
  }
}

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

/// The numbers as bytes, the least significant first.
func little<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// A 16-bit mono WAV file whose sizes say what they are told to.
func wav(riffSize: UInt32? = nil, dataSize: UInt32? = nil, sampleRate: UInt32 = 16_000, samples: [Int16])
  -> [UInt8]
{
  let data = samples.flatMap { little($0) }
  return Array("RIFF".utf8) + little(riffSize ?? UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
    + little(UInt32(16)) + little(UInt16(1), 1) + little(sampleRate, sampleRate &* 2) + little(UInt16(2), 16)
    + Array("data".utf8) + little(dataSize ?? UInt32(data.count)) + data
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
