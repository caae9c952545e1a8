import CKernels
import Tensors

/// Centroids that move towards the frames they are nearest to (Sculley 2010): each is the mean of its start,
/// which does not count, and of all frames it was given since.
///
///     c <- (n c + sum of the batch's m frames) / (n + m),  n <- n + m
///
/// A step towards each frame at the rate 1 / n gives the same. In double precision, since n grows large.
final class RunningCentroids: @unchecked Sendable {
  let clusters: Int
  let dimensions: Int
  private let centroids: UnsafeMutablePointer<Double>
  /// Frames so far, of each.
  private(set) var counts: [Int]

  /// - Parameter start: (clusters, dimensions).
  init(start: [Float], dimensions: Int) {
    self.dimensions = dimensions
    clusters = start.count / dimensions
    counts = Array(repeating: 0, count: clusters)
    centroids = .allocate(capacity: start.count)
    for (index, element) in start.enumerated() { (centroids + index).initialize(to: Double(element)) }
  }

  deinit { centroids.deallocate() }

  /// (clusters, dimensions), rounded.
  var values: [Float] { (0..<clusters * dimensions).map { Float(centroids[$0]) } }

  /// Moves the centroids to the frames of a batch, (labels.count, dimensions) without gaps; returns the sum
  /// of their squared movements.
  ///
  /// A cluster's frames are added in their order, so that the sums do not depend on the threads.
  func update(_ frames: UnsafePointer<Float>, labels: [UInt16], on compute: Compute) -> Double {
    var starts = [Int](repeating: 0, count: clusters + 1)
    for label in labels { starts[Int(label) + 1] += 1 }
    for cluster in 0..<clusters { starts[cluster + 1] += starts[cluster] }
    var next = starts
    let order = [Int32](unsafeUninitializedCapacity: labels.count) { buffer, count in
      for (row, label) in labels.enumerated() {
        buffer.initializeElement(at: next[Int(label)], to: Int32(row))
        next[Int(label)] += 1
      }
      count = labels.count
    }
    var movements = [Double](repeating: 0, count: clusters)
    // A worker's sums, as doubles.
    compute.reserveScratch(2 * dimensions)
    movements.withUnsafeMutableBufferPointer { buffer in
      let movements = Movements(pointer: buffer.baseAddress!)
      compute.run(tasks: clusters) { cluster, worker in
        let members = order[starts[cluster]..<starts[cluster + 1]]
        if members.isEmpty { return }
        let scratch = UnsafeMutableRawPointer(compute.scratch(ofWorker: worker))
        let sums = scratch.bindMemory(to: Double.self, capacity: dimensions)
        sums.update(repeating: 0, count: dimensions)
        for row in members {
          compute.kernels.add_to_doubles(sums, frames + Int(row) * dimensions, dimensions)
        }
        movements.pointer[cluster] = move(cluster, by: members.count, sums)
        _ = scratch.bindMemory(to: Float.self, capacity: 2 * dimensions)
      }
    }
    for cluster in 0..<clusters { counts[cluster] += starts[cluster + 1] - starts[cluster] }
    return movements.reduce(0, +)
  }

  private func move(_ cluster: Int, by members: Int, _ sums: UnsafePointer<Double>) -> Double {
    let centroid = centroids + cluster * dimensions
    let before = Double(counts[cluster])
    let rate = 1 / (before + Double(members))
    var movement = 0.0
    for d in 0..<dimensions {
      let moved = (centroid[d] * before + sums[d]) * rate
      movement += (moved - centroid[d]) * (moved - centroid[d])
      centroid[d] = moved
    }
    return movement
  }

  /// Puts centroids with fewer frames than `ratio` times those of the largest on frames of the batch, at most
  /// half as many as it has, and lets them count as many as the least of the others: scikit-learn's rule.
  func reassign(
    below ratio: Double, to frames: UnsafePointer<Float>, batch: Int, _ random: RandomSource
  ) {
    let limit = ratio * Double(counts.max() ?? 0)
    let rare = counts.indices.filter { Double(counts[$0]) < limit }
      .sorted { (counts[$0], $0) < (counts[$1], $1) }.prefix(batch / 2)
    guard !rare.isEmpty else { return }
    let others = Set(counts.indices).subtracting(rare).map { counts[$0] }
    var rows = Array(0..<batch)
    for (place, cluster) in rare.enumerated() {
      rows.swapAt(place, place + random.index(place, below: batch - place))
      for d in 0..<dimensions {
        centroids[cluster * dimensions + d] = Double(frames[rows[place] * dimensions + d])
      }
      counts[cluster] = others.min() ?? 0
    }
  }
}

/// Where tasks write, each to its own part.
private struct Movements: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Double>
}
