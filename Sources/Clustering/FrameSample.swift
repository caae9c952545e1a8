import CKernels
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

  /// `count` frames of all of the source: all of them in their order if it has no more, otherwise draws number
  /// `draw` of the purpose.
  convenience init(
    _ count: Int, of source: any FrameSource, draw: Int, purpose: FrameDraws.Purpose,
    _ options: KMeansOptions,
    on compute: Compute
  ) {
    let count = min(count, source.count)
    self.init(count: count, dimensions: source.dimensions)
    let random = RandomSource(seed: options.seed, step: draw, site: purpose.rawValue)
    // A sample needs fewer pieces of the data than a pass does.
    let whole = options.windowFrames(of: source)
    let draws = FrameDraws(
      count: source.count, windowFrames: whole >= source.count ? whole : min(whole, 8 * count),
      seed: options.seed)
    let window =
      count == source.count
      ? FrameWindow(ranges: [0..<count]) : draws.window(0, pass: draw, purpose: purpose)
    window.announce(to: source)
    compute.run(tasks: (count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task, _ in
      let rows = task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask)
      fill(rows, from: source) { place in
        count == source.count ? place : window.frame(random.index(place, below: window.count))
      }
    }
    window.release(from: source)
  }

  /// Copies frame `frame(row)` of the source to each row in `rows`.
  func fill(_ rows: Range<Int>, from source: any FrameSource, _ frame: (Int) -> Int) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: rows.count) { indices in
      for (place, row) in rows.enumerated() { indices[place] = frame(row) }
      source.copy(UnsafeBufferPointer(indices), to: pointer + rows.lowerBound * dimensions)
    }
  }

  /// The first row with something that is not finite, or has no finite square sum; nil if there is none.
  func firstNotFinite(on compute: Compute) -> Int? {
    (0..<count).first { row in
      !compute.kernels.dot(pointer + row * dimensions, pointer + row * dimensions, dimensions).isFinite
    }
  }
}

extension KMeansOptions {
  /// Frames that may be in memory at a time.
  func windowFrames(of source: any FrameSource) -> Int {
    max(1, windowBytes / (source.dimensions * MemoryLayout<Float>.stride))
  }
}
