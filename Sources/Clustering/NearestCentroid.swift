import CKernels
public import Tensors

/// Finds each frame's nearest centroid, by squared Euclidean distance:
///
///     argmin over k of |x - c_k|^2 = argmin over k of |c_k|^2 - 2 x . c_k,
///
/// products and minimum of a few hundred frames at a time, so that the scores stay in the cache. The mean of
/// the centroids is subtracted on both sides, since differences of squares that are far larger than the
/// distances would lose them. Of equally near centroids the first is taken; centroids whose scores differ by
/// less than float32's rounding of |x| |c| may be taken for one another.
///
/// Frames are computed by themselves: a label does not depend on the frames around it, nor on the threads.
public final class NearestCentroid: @unchecked Sendable {
  public let clusters: Int
  public let dimensions: Int
  /// (clusters, dimensions).
  private let centroids: AlignedBuffer
  private let shift: AlignedBuffer
  /// -2 (c - shift).
  private let packed: PackedMatrix
  /// |c - shift|^2, and infinity for the columns that pad the last panel.
  private let norms: AlignedBuffer
  private let columns: Int
  private let terms: [ProductTerm]
  /// Frames of a task: as many as keep the scores in the second-level cache.
  let rowsPerTask: Int

  /// - Parameter centroids: (clusters, dimensions), row-major; at most 65,536 clusters.
  public init(centroids: [Float], dimensions: Int, on compute: Compute) {
    precondition(
      dimensions > 0 && !centroids.isEmpty && centroids.count % dimensions == 0
        && centroids.count / dimensions <= KMeansOptions.mostClusters,
      "\(centroids.count) elements for centroids of \(dimensions) features")
    let clusters = centroids.count / dimensions
    self.clusters = clusters
    self.dimensions = dimensions
    let columns = (clusters + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
    self.columns = columns
    terms = ProductTerm.whole(depth: dimensions)
    rowsPerTask = max(32, min(256, (1 << 16) / columns / 16 * 16))
    let copy = AlignedBuffer(count: centroids.count)
    let moved = AlignedBuffer(count: centroids.count)
    let shift = AlignedBuffer(count: dimensions)
    let norms = AlignedBuffer(count: columns)
    copy.pointer.update(from: centroids, count: centroids.count)
    var sums = [Double](repeating: 0, count: dimensions)
    for cluster in 0..<clusters {
      compute.kernels.add_to_doubles(&sums, copy.pointer + cluster * dimensions, dimensions)
    }
    for d in 0..<dimensions { shift.pointer[d] = Float(sums[d] / Double(clusters)) }
    norms.pointer.update(repeating: .infinity, count: columns)
    for cluster in 0..<clusters {
      var norm = 0.0
      for d in 0..<dimensions {
        let difference = copy.pointer[cluster * dimensions + d] - shift.pointer[d]
        norm += Double(difference) * Double(difference)
        moved.pointer[cluster * dimensions + d] = -2 * difference
      }
      norms.pointer[cluster] = Float(norm)
    }
    self.centroids = copy
    self.shift = shift
    self.norms = norms
    packed = withExtendedLifetime(moved) {
      PackedMatrix(outputs: clusters, inputs: dimensions, weights: moved.pointer, on: compute)
    }
  }

  /// Floats of scratch memory that each worker needs.
  var scratchCount: Int { rowsPerTask * (dimensions + PackedMatrix.panelWidth + columns) }

  /// Labels of at most ``rowsPerTask`` frames, (rows, dimensions) without gaps, inside a region, and their
  /// squared distances, added up in the order of the frames.
  func assign(
    _ frames: UnsafePointer<Float>, rows: Int, labels: UnsafeMutablePointer<UInt16>, worker: Int,
    on compute: Compute
  ) -> Double {
    let kernels = compute.kernels
    let moved = compute.scratch(ofWorker: worker)
    let sums = moved + rowsPerTask * dimensions
    let scores = sums + rowsPerTask * PackedMatrix.panelWidth
    kernels.subtract(moved, dimensions, frames, dimensions, shift.pointer, 0, dimensions, rows)
    for panel in 0..<packed.panels {
      let width = packed.width(ofPanel: panel)
      let column = panel * PackedMatrix.panelWidth
      let last = epilogue(scores + column, width: width, norms: norms.pointer + column)
      for (index, term) in terms.enumerated() {
        withUnsafePointer(to: last) { last in
          kernels.multiply(
            sums, width, moved + term.offset, dimensions, packed.panel(panel) + term.input * width, width,
            width, term.depth, rows, index > 0, nil, index == terms.count - 1 ? last : nil)
        }
      }
    }
    kernels.nearest(labels, scores, columns, columns, rows)
    // Scores that are NaN may leave a column of the padding as the least.
    for row in 0..<rows where labels[row] >= clusters { labels[row] = 0 }
    var total = 0.0
    for row in 0..<rows {
      total += Double(
        kernels.squared_distance(
          frames + row * dimensions, centroids.pointer + Int(labels[row]) * dimensions, dimensions))
    }
    return total
  }

  /// The products of a panel become scores by adding the norms.
  private func epilogue(_ scores: UnsafeMutablePointer<Float>, width: Int, norms: UnsafePointer<Float>)
    -> ck_epilogue
  {
    ck_epilogue(
      y: scores, y_stride: columns, columns: width, scale: nil, bias: norms, residual: nil,
      residual_stride: 0, activation: CK_IDENTITY)
  }

  /// The nearest centroids of `frames`, (rows, dimensions), and the sum of the squared distances; that is not
  /// finite if a feature is not.
  public func assign(_ frames: MatrixBuffer, on compute: Compute) -> (labels: [UInt16], inertia: Double) {
    withExtendedLifetime(frames) { assign(frames.matrix, on: compute) { _ in } }
  }

  /// The same for rows without gaps; `prepare` is called with each range of rows, by the thread that then
  /// reads them.
  func assign(_ frames: Matrix, on compute: Compute, prepare: (Range<Int>) -> Void)
    -> (labels: [UInt16], inertia: Double)
  {
    precondition(
      frames.columns == dimensions && frames.stride == dimensions,
      "frames of \(frames.columns) features, \(frames.stride) apart, to centroids of \(dimensions)")
    var labels = [UInt16](repeating: 0, count: frames.rows)
    let tasks = (frames.rows + rowsPerTask - 1) / rowsPerTask
    var sums = [Double](repeating: 0, count: tasks)
    compute.reserveScratch(scratchCount)
    labels.withUnsafeMutableBufferPointer { labels in
      sums.withUnsafeMutableBufferPointer { sums in
        let places = Places(labels: labels.baseAddress, sums: sums.baseAddress)
        compute.run(tasks: tasks) { task, worker in
          let first = task * rowsPerTask
          let rows = min(rowsPerTask, frames.rows - first)
          prepare(first..<first + rows)
          places.sums![task] = assign(
            frames.row(first), rows: rows, labels: places.labels! + first, worker: worker, on: compute)
        }
      }
    }
    return (labels, sums.reduce(0, +))
  }
}

/// Where tasks write, each to its own part.
private struct Places: @unchecked Sendable {
  let labels: UnsafeMutablePointer<UInt16>?
  let sums: UnsafeMutablePointer<Double>?
}
