import Tensors

/// Frames drawn from a source into memory, (count, dimensions) without gaps.
final class FrameSample: @unchecked Sendable {
  let count: Int
  let dimensions: Int
  private let buffer: AlignedBuffer

  init(count: Int, dimensions: Int) {
    self.count = count
    self.dimensions = dimensions
    // Kernels read whole vectors.
    buffer = AlignedBuffer(count: count * dimensions + PackedMatrix.step)
  }

  var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
  var matrix: Matrix { Matrix(pointer, rows: count, columns: dimensions, stride: dimensions) }

  static let rowsPerTask = 256

  /// `count` frames from all over the source: all of them in their order if it has no more, otherwise draws
  /// number `draw` of the purpose.
  convenience init(
    _ count: Int, of source: any FrameSource, draw: Int, purpose: FrameDraws.Purpose,
    _ options: KMeansOptions,
    on compute: Compute
  ) throws(ClusteringError) {
    let count = min(count, source.count)
    self.init(count: count, dimensions: source.dimensions)
    let random = RandomSource(seed: options.seed, step: draw, site: purpose.rawValue)
    let isWhole = count == source.count
    // A sample needs fewer pieces of a file than a pass does.
    let draws = FrameDraws(
      count: source.count,
      windowFrames: isWhole || source.memory != nil
        ? source.count : min(options.windowFrames(of: source), 8 * count),
      seed: options.seed)
    let window = try FrameWindow(draws.window(0, pass: draw, purpose: purpose), of: source, on: compute)
    compute.run(tasks: (count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task, _ in
      let rows = task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask)
      fill(rows, from: window) { isWhole ? $0 : random.index($0, below: window.count) }
    }
  }

  /// Copies frame `frame(row)` of the window to each row in `rows`.
  func fill(_ rows: Range<Int>, from window: FrameWindow, _ frame: (Int) -> Int) {
    for row in rows {
      (pointer + row * dimensions).update(from: window.frames + frame(row) * dimensions, count: dimensions)
    }
  }
}

extension KMeansOptions {
  /// Frames that may be in memory at a time.
  func windowFrames(of source: any FrameSource) -> Int {
    max(1, windowBytes / (source.dimensions * MemoryLayout<Float>.stride))
  }
}
