import Checkpoints
import Glibc
import Workbench

/// A directory that is gone, with all below it, when the value is.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/warbler-workbench-XXXXXX".utf8CString)
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
    chmod(path, 0o700)
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  func folder(_ name: String) { mkdir("\(path)/\(name)", 0o700) }

  @discardableResult
  func write(_ bytes: [UInt8], as name: String) -> String {
    let path = "\(path)/\(name)"
    let file = fopen(path, "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return path
  }

  @discardableResult
  func write(_ text: String, as name: String) -> String { write(Array(text.utf8), as: name) }
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

/// The numbers as bytes, the least significant first.
private func little<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// A mono WAV file of 16-bit samples.
func wav(_ samples: [Int16], sampleRate: Int = 16_000) -> [UInt8] {
  let rate = UInt32(sampleRate)
  let data = samples.flatMap { little($0) }
  return Array("RIFF".utf8) + little(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16))
    + little(UInt16(1), 1) + little(rate, 2 * rate) + little(UInt16(2), 16) + Array("data".utf8)
    + little(UInt32(data.count)) + data
}

/// A mono WAV file of 32-bit floats at 16 kHz.
func wav(floats: [Float]) -> [UInt8] {
  let data = floats.flatMap { little($0.bitPattern) }
  return Array("RIFF".utf8) + little(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16))
    + little(UInt16(3), 1) + little(UInt32(16_000), 64_000) + little(UInt16(4), 32) + Array("data".utf8)
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
func golden(_ variant: String, file: String = #filePath) -> String {
  file.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/AcousticModelTests/Goldens/\(variant)"
}

/// A copy of a tiny model whose CTC head gives `bias` to its class `label`, whatever it hears.
func model(
  _ variant: String = "hubert-base", biasing label: Int, by bias: Float, in directory: TemporaryDirectory
) throws -> String {
  directory.folder("model")
  for name in names(in: golden(variant)) {
    var bytes = contents(of: "\(golden(variant))/\(name)")
    if name == "model.safetensors" {
      let weights = try SafetensorsFile(path: "\(golden(variant))/\(name)")
      let place = try weights.tensor("lm_head.bias").byteRange.lowerBound + 4 * label
      bytes.replaceSubrange(place..<place + 4, with: little(bias.bitPattern))
    }
    directory.write(bytes, as: "model/\(name)")
  }
  return "\(directory.path)/model"
}

/// What a pipeline delivers, in order: transcripts and failures.
func decode(
  _ inputs: [String], model: String = golden("hubert-base"), language: String? = nil, threads: Int = 1,
  chunkSeconds: Double? = nil
) throws -> (transcripts: [Transcript], failures: [String], order: [String]) {
  var options = DecodePipeline.Options()
  options.chunkSeconds = chunkSeconds
  let pipeline = try DecodePipeline(
    modelDirectory: model, language: language, threads: threads, options: options)
  var transcripts: [Transcript] = []
  var failures: [String] = []
  var order: [String] = []
  try pipeline.run(InputListing(inputs).entries, shouldStop: { false }) { event in
    switch event {
    case .transcript(let transcript, _):
      transcripts.append(transcript)
      order.append(transcript.id)
    case .failure(let failure):
      failures.append(failure.description)
      order.append("!")
    case .underway: break
    }
  }
  return (transcripts, failures, order)
}
