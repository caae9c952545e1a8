import Checkpoints
import Glibc
import Synchronization
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

  private func read(_ file: FeatureFile, _ range: Range<Int>) throws -> [Float] {
    let rows = MatrixBuffer(rows: range.count, columns: file.dimensions)
    try file.read(range, into: rows.matrix.pointer)
    return rows.matrix.elements()
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
      #expect(try read(file, 0..<50_001) == expected)
      #expect(try read(file, 50_000..<50_001) == Array(expected[350_000...]))
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

  @Test func `a file that is shortened while it is used is an error`() throws {
    let directory = TemporaryDirectory()
    try write(random(4000, 1), dimensions: 4, to: directory.file("features"))
    let file = try FeatureFile(path: directory.file("features"))
    truncate(directory.file("features"), 64 + 8000)
    let error = #expect(throws: ClusteringError.self) { try fit(file, KMeansOptions(clusters: 4)) }
    #expect(error?.description.contains("expected 16000 bytes at 64, found 8000") == true)
  }

  /// What is in memory is what was read since the batch before, and is let go before more is read.
  @Test func `a fit reads a window of a file at a time, each block once a pass`() throws {
    let source = CountingSource(FrameMatrix(random(40_000 * 8, 3), dimensions: 8))
    var options = KMeansOptions(clusters: 4)
    options.starts = 2
    options.batch = 2048
    options.passes = 3
    options.patience = nil
    options.startFrames = 1000
    options.windowBytes = 5 * 2048 * 8 * 4
    var windows: [Int] = []
    _ = try MiniBatchKMeans(options).fit(
      source, on: Compute(threads: 2), progress: { _ in windows.append(source.takeCount()) })
    // Two starts, the first after the validation sample; each reads from at most 8 x 1000 frames in 4 blocks.
    let starts = windows[..<2]
    #expect(starts[0] <= 2 * 3 * 2048 && starts[1] <= 3 * 2048)
    // 20 blocks in 4 windows of 5, the last block short; batches between them read nothing.
    let batches = windows[2...]
    #expect(batches.allSatisfy { $0 <= 5 * 2048 })
    #expect(batches.reduce(0, +) == 3 * 40_000)
    #expect(batches.count { $0 > 0 } == 12)
  }
}

/// Passes on frames as if they were on disk, and counts them.
private final class CountingSource: FrameSource {
  private let frames: FrameMatrix
  private let copied = Mutex(0)

  init(_ frames: FrameMatrix) { self.frames = frames }

  var count: Int { frames.count }
  var dimensions: Int { frames.dimensions }
  var memory: UnsafePointer<Float>? { nil }

  func read(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>) {
    copied.withLock { $0 += range.count }
    frames.read(range, into: rows)
  }

  /// Frames read since the last time.
  func takeCount() -> Int {
    copied.withLock { count in
      defer { count = 0 }
      return count
    }
  }
}
