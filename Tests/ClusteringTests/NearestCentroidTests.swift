import Clustering
import Tensors
import TestSupport
import Testing

@Suite struct NearestCentroidTests {
  /// Two frames, worked by hand: squared distances 1 and 4 to the first, 10 and 5 to the second centroid.
  @Test func `a case worked by hand`() {
    let compute = Compute(threads: 1)
    let nearest = NearestCentroid(centroids: [0, 0, 3, 1], dimensions: 2, on: compute)
    let frames = MatrixBuffer([0, 1, 2, 0, 3, 3], columns: 2)
    let (labels, inertia) = nearest.assign(frames, on: compute)
    #expect(labels == [0, 1, 1])
    #expect(inertia == 1 + 2 + 4)
  }

  /// Each distance is a sum of as many squares as features, so the float32 sums err by less than (features +
  /// 2) roundings; a label may differ from brute force's only where the scores do by less than their
  /// rounding.
  @Test(arguments: KernelLevel.supported)
  func `labels and inertia are those of brute force`(level: KernelLevel) {
    for (clusters, dimensions, count) in [
      (1, 1, 5), (15, 3, 100), (16, 39, 257), (49, 40, 300), (100, 39, 1000), (500, 17, 700), (7, 800, 90),
    ] {
      let frames = random(count * dimensions, UInt64(clusters))
      let centroids = random(clusters * dimensions, UInt64(dimensions) + 7)
      let compute = Compute(threads: 2, level: level)
      let (labels, inertia) = NearestCentroid(centroids: centroids, dimensions: dimensions, on: compute)
        .assign(MatrixBuffer(frames, columns: dimensions), on: compute)
      let expected = bruteForce(frames, centroids, dimensions: dimensions)
      let ties = zip(labels, expected.labels).count { Int($0) != $1 }
      #expect(ties <= count / 500, "\(ties) of \(count) labels differ")
      #expect(
        abs(inertia - expected.inertia) <= Double(dimensions + 2) * rounding * expected.inertia,
        "\(inertia), expected \(expected.inertia)")
    }
  }

  @Test func `of equally near centroids the first is taken`() {
    let compute = Compute(threads: 1)
    let centroids = [[Float]](repeating: [1, 2], count: 70).flatMap(\.self)
    let nearest = NearestCentroid(centroids: centroids, dimensions: 2, on: compute)
    #expect(nearest.assign(MatrixBuffer([5, 5, 1, 2], columns: 2), on: compute).labels == [0, 0])
  }

  /// Far from the origin |x|^2 alone would swallow the distances, which are 1 beside 10^8.
  @Test func `an offset common to all does not matter`() {
    let compute = Compute(threads: 1)
    let frames = blobs(count: 300, centres: 9, dimensions: 4)
    let centroids = Array(frames[0..<36])
    // Steps of 2^-10 at 2^13 are exact.
    func rounded(_ values: [Float]) -> [Float] { values.map { ($0 * 1024).rounded() / 1024 } }
    func moved(_ values: [Float]) -> [Float] { rounded(values).map { $0 + 8192 } }
    let near = NearestCentroid(centroids: rounded(centroids), dimensions: 4, on: compute)
      .assign(MatrixBuffer(rounded(frames), columns: 4), on: compute)
    let far = NearestCentroid(centroids: moved(centroids), dimensions: 4, on: compute)
      .assign(MatrixBuffer(moved(frames), columns: 4), on: compute)
    #expect(near.labels == far.labels)
    #expect(near.inertia == far.inertia)
  }

  @Test func `a frame's label does not depend on the frames around it, nor on the threads`() {
    let frames = random(1000 * 39, 3)
    let centroids = random(100 * 39, 4)
    let one = Compute(threads: 1)
    let nearest = NearestCentroid(centroids: centroids, dimensions: 39, on: one)
    let all = nearest.assign(MatrixBuffer(frames, columns: 39), on: one)
    for threads in 2...3 {
      let compute = Compute(threads: threads)
      let again = NearestCentroid(centroids: centroids, dimensions: 39, on: compute)
        .assign(MatrixBuffer(frames, columns: 39), on: compute)
      #expect(again.labels == all.labels && again.inertia == all.inertia)
    }
    let part = nearest.assign(MatrixBuffer(Array(frames[39 * 7..<39 * 20]), columns: 39), on: one)
    #expect(part.labels == Array(all.labels[7..<20]))
  }

  @Test func `what is not finite shows in the inertia`() {
    let compute = Compute(threads: 1)
    let nearest = NearestCentroid(centroids: [0, 1], dimensions: 1, on: compute)
    for bad: Float in [.nan, .infinity, 1e30] {
      #expect(!nearest.assign(MatrixBuffer([0, bad], columns: 1), on: compute).inertia.isFinite)
    }
  }

  @Test func `no frames have no labels`() {
    let compute = Compute(threads: 1)
    let nearest = NearestCentroid(centroids: [0, 1], dimensions: 1, on: compute)
    let (labels, inertia) = nearest.assign(MatrixBuffer([], columns: 1), on: compute)
    #expect(labels.isEmpty && inertia == 0)
  }
}
