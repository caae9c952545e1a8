import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Clustering

@Suite struct FeatureFileTests {
  private func write(
    _ frames: [Float], dimensions: Int, _ precision: FeatureFile.Precision = .float32, to path: String
  ) throws {
    let writer = try FeatureFileWriter(path: path, dimensions: dimensions, precision: precision)
    let half = frames.count / dimensions / 2 * dimensions
    try writer.append(frames[..<half])
    try writer.append(frames[half...])
    try writer.finish()
  }

  private func read(_ file: FeatureFile, _ indices: [Int]) -> [Float] {
    [Float](unsafeUninitializedCapacity: indices.count * file.dimensions) { buffer, count in
      indices.withUnsafeBufferPointer { file.copy($0, to: buffer.baseAddress!) }
      count = indices.count * file.dimensions
    }
  }

  @Test func `frames come back as they were, from either precision`() throws {
    let directory = TemporaryDirectory()
    // More than the buffer of the writer, in parts.
    let frames = random(50_001 * 7, 1)
    let halves = frames.map { Float(Float16($0)) }
    for (precision, expected) in [(FeatureFile.Precision.float32, frames), (.float16, halves)] {
      let path = directory.file("\(precision)")
      try write(frames, dimensions: 7, precision, to: path)
      let file = try FeatureFile(path: path)
      #expect(file.count == 50_001 && file.dimensions == 7 && file.precision == precision)
      file.announce(0..<50_001)
      #expect(read(file, Array(0..<50_001)) == expected)
      file.release(0..<50_001)
      #expect(read(file, [50_000, 3]) == Array(expected[350_000...]) + Array(expected[21..<28]))
    }
    #expect(directory.names == ["float16", "float32"])
  }

  @Test func `frames that are not finite are told, and not added`() throws {
    let directory = TemporaryDirectory()
    for (precision, bad) in [
      (FeatureFile.Precision.float32, Float.nan), (.float32, .infinity), (.float16, 7e4),
    ] {
      let writer = try FeatureFileWriter(path: directory.file("x"), dimensions: 2, precision: precision)
      let frames: [Float] = [1, 2, 3, bad, 5, 6]
      let first = try frames.withUnsafeBufferPointer { buffer throws(CheckpointError) in
        try writer.append(buffer)
      }
      #expect(first == 1)
      #expect(writer.count == 0)
    }
    #expect(directory.names.isEmpty)
  }

  @Test func `truncated, lengthened and foreign files are refused`() throws {
    let directory = TemporaryDirectory()
    try write(random(40, 1), dimensions: 4, to: directory.file("whole"))
    let bytes = contents(of: directory.file("whole"))
    func changed(at place: Int, to values: [UInt8]) -> [UInt8] {
      Array(bytes[..<place]) + values + Array(bytes[(place + values.count)...])
    }
    let damaged: [(name: String, bytes: [UInt8])] = [
      ("short", Array(bytes.dropLast())), ("long", bytes + [0]), ("header", Array(bytes[..<64])),
      ("stub", Array(bytes[..<20])), ("empty", []), ("other", changed(at: 0, to: Array("RIFF".utf8))),
      ("version", changed(at: 8, to: [9])), ("bits", changed(at: 12, to: [17])),
      ("many", changed(at: 16, to: [UInt8](repeating: 255, count: 16))),
    ]
    for (name, bytes) in damaged {
      let path = directory.write(bytes, as: name)
      let error = #expect(throws: CheckpointError.self) { try FeatureFile(path: path) }
      #expect(error?.description.contains(path) == true)
    }
  }

  /// What is resident of the file, in bytes, as the system has it.
  private func resident(_ path: String) -> Int {
    let lines = String(decoding: contents(of: "/proc/self/smaps"), as: UTF8.self).split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0.hasSuffix(path) }),
      let line = lines[start...].first(where: { $0.hasPrefix("Rss:") })
    else { return -1 }
    return (Int(line.split(separator: " ")[1]) ?? -1) * 1024
  }

  /// The most that is resident of the mapping while fitting must be the window, not the file.
  @Test func `a fit needs a window of the file in memory, not all of it`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("features")
    let writer = try FeatureFileWriter(path: path, dimensions: 32)
    let block = random(4096 * 32, 3)
    for _ in 0..<64 { try writer.append(block) }
    try writer.finish()
    let file = try FeatureFile(path: path)
    let total = file.count * 32 * 4
    var options = KMeansOptions(clusters: 4)
    options.starts = 2
    options.batch = 4096
    options.passes = 3
    options.patience = nil
    options.windowBytes = total / 8
    var most = 0
    _ = try MiniBatchKMeans(options).fit(
      file, on: Compute(threads: 2), progress: { _ in most = max(most, resident(path)) })
    // The system maps pages around a fault with it, up to 64 KiB, at both ends of each of the window's blocks.
    #expect(most > 0)
    let blocks = options.windowBytes / (FrameDraws.framesPerBlock * 32 * 4)
    #expect(most <= options.windowBytes + blocks * 2 * 65536, "\(most) of \(total) bytes")
  }
}
