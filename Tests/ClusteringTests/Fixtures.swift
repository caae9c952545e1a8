import Checkpoints
import Clustering
import Tensors
import TestSupport
import Testing

/// Frames around `centres` random points, `spread` standing for how far they are from them: (count,
/// dimensions).
func blobs(count: Int, centres: Int, dimensions: Int, spread: Float = 0.1, seed: UInt64 = 1) -> [Float] {
  var generator = Seeded(seed)
  let points = generator.floats(centres * dimensions)
  return (0..<count).flatMap { _ in
    let centre = Int.random(in: 0..<centres, using: &generator)
    return (0..<dimensions).map {
      points[centre * dimensions + $0] + spread * Float.random(in: -1...1, using: &generator)
    }
  }
}

/// The nearest centroid of each frame and the sum of squared distances, in double precision, one by one.
func bruteForce(_ frames: [Float], _ centroids: [Float], dimensions: Int) -> (labels: [Int], inertia: Double)
{
  var labels: [Int] = []
  var inertia = 0.0
  for frame in stride(from: 0, to: frames.count, by: dimensions) {
    var best = (label: 0, distance: Double.infinity)
    for (label, centroid) in stride(from: 0, to: centroids.count, by: dimensions).enumerated() {
      let distance = (0..<dimensions).reduce(0.0) { sum, d in
        let difference = Double(frames[frame + d]) - Double(centroids[centroid + d])
        return sum + difference * difference
      }
      if distance < best.distance { best = (label, distance) }
    }
    labels.append(best.label)
    inertia += best.distance
  }
  return (labels, inertia)
}

/// Lloyd's k-means from given centroids until nothing changes: the exact local minimum beside them.
func lloyd(_ frames: [Float], from start: [Float], dimensions: Int) -> (centroids: [Float], inertia: Double) {
  var centroids = start
  while true {
    let (labels, inertia) = bruteForce(frames, centroids, dimensions: dimensions)
    var sums = [Double](repeating: 0, count: start.count)
    var counts = [Int](repeating: 0, count: start.count / dimensions)
    for (frame, label) in labels.enumerated() {
      counts[label] += 1
      for d in 0..<dimensions { sums[label * dimensions + d] += Double(frames[frame * dimensions + d]) }
    }
    let moved = centroids.indices.map {
      let count = counts[$0 / dimensions]
      return count == 0 ? centroids[$0] : Float(sums[$0] / Double(count))
    }
    if moved == centroids { return (centroids, inertia) }
    centroids = moved
  }
}

extension FeatureFileWriter {
  /// Adds frames that are all good.
  func append(_ frames: some Collection<Float>) throws {
    let bad = try Array(frames).withUnsafeBufferPointer { buffer throws(CheckpointError) in try append(buffer)
    }
    #expect(bad == nil)
  }
}

/// A fit that must work.
func fit(_ source: any FrameSource, _ options: KMeansOptions, threads: Int = 2) throws
  -> MiniBatchKMeans.Result
{
  try #require(try MiniBatchKMeans(options).fit(source, on: Compute(threads: threads)))
}
