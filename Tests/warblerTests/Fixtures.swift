import Glibc

/// A directory that is gone, with all below it, when the value is.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/warbler-command-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template)!)
  }

  deinit { remove(path) }

  private func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  @discardableResult
  func write(_ bytes: [UInt8], as name: String) -> String {
    let path = "\(path)/\(name)"
    let file = fopen(path, "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return path
  }
}

/// The names in a directory but `.` and `..`, in ascending order.
func names(in directory: String) -> [String] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
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

private func little<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// Samples as raw PCM.
func pcm(_ samples: [Int16]) -> [UInt8] { samples.flatMap { little($0) } }

/// A mono WAV file of 16-bit samples at 16 kHz.
func wav(_ samples: [Int16]) -> [UInt8] {
  let data = pcm(samples)
  return Array("RIFF".utf8) + little(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16))
    + little(UInt16(1), 1) + little(UInt32(16_000), 32_000) + little(UInt16(2), 16) + Array("data".utf8)
    + little(UInt32(data.count)) + data
}

/// Seeded noise.
func noise(_ count: Int, seed: UInt64 = 1) -> [Int16] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int16(truncatingIfNeeded: state >> 50)
  }
}

/// A tiny model of the forward pass's goldens.
func golden(_ variant: String = "hubert-base", file: String = #filePath) -> String {
  file.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/AcousticModelTests/Goldens/\(variant)"
}
