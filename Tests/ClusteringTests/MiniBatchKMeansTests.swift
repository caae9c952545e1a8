import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Clustering

@Suite struct MiniBatchKMeansTests {
  /// c <- (n c + sum) / (n + m): (0 + 2) / 1 for the first frame that a centroid is given, then (2 + 3 + 7) /
  /// 3.
  @Test func `centroids move by the rule, worked by hand`() {
    let compute = Compute(threads: 2)
    let centroids = RunningCentroids(start: [10, 100, -1], dimensions: 1)
    #expect(centroids.update([2, 50], labels: [0, 1], on: compute) == 64 + 2500)
    #expect(centroids.values == [2, 50, -1])
    #expect(centroids.update([3, 7], labels: [0, 0], on: compute) == 4)
    #expect(centroids.values == [4, 50, -1])
    #expect(centroids.counts == [3, 1, 0])
  }

  @Test func `rare centroids are put on frames of the batch, and the others are not`() {
    let compute = Compute(threads: 1)
    let centroids = RunningCentroids(start: [0, 1, 2], dimensions: 1)
    _ = centroids.update([0, 0, 0, 1], labels: [0, 0, 0, 1], on: compute)
    let batch: [Float] = [7, 8, 9, 10]
    centroids.reassign(below: 0.5, to: batch, batch: 4, RandomSource(seed: 1, step: 0, site: 5))
    let values = centroids.values
    #expect(values[0] == 0)
    #expect(batch.contains(values[1]) && batch.contains(values[2]) && values[1] != values[2])
    #expect(centroids.counts == [3, 3, 3])
  }

  /// Smoothed with weight 2 x 1 / (3 + 1): 8, then (8 + 4) / 2, (6 + 7) / 2, (6.5 + 6) / 2.
  @Test func `the rule of stopping, worked by hand`() {
    var rule = StoppingRule(batch: 1, frames: 3, movementLimit: 0, patience: 2)
    let steps = [(100.0, false), (8, false), (4, false), (7, false), (6, true)]
    for (inertia, stops) in steps {
      let isMet = rule.isMet(inertia: inertia, movement: 0)
      #expect(isMet == stops)
    }
    #expect(rule.smoothed == 6.25)
    var still = StoppingRule(batch: 1, frames: 3, movementLimit: 0.5, patience: nil)
    let stops = [0, 0.6, 0.5].map { still.isMet(inertia: 1, movement: $0) }
    #expect(stops == [false, false, true])
  }

  /// Every cluster's frames are one point: the centroids are these points, whatever is drawn.
  @Test func `points apart are found exactly`() throws {
    let points: [Float] = [0, 0, 10, 0, 0, 10, 7, 7]
    let frames = (0..<400).flatMap { points[$0 % 4 * 2..<$0 % 4 * 2 + 2] }
    var options = KMeansOptions(clusters: 4)
    options.batch = 40
    options.passes = 5
    let result = try fit(FrameMatrix(frames, dimensions: 2), options)
    let found = Set(stride(from: 0, to: 8, by: 2).map { Array(result.centroids[$0..<$0 + 2]) })
    #expect(found == [[0, 0], [10, 0], [0, 10], [7, 7]])
    #expect(result.inertia == 0)
  }

  /// Where blobs are apart there is one good minimum; batches of a few hundred draws leave the centroids
  /// within their standard error of it: of a variance v per blob about v / draws more inertia, far below one
  /// per cent after 50 passes.
  @Test func `exact Lloyd hardly betters it`() throws {
    let frames = blobs(count: 900, centres: 6, dimensions: 3, spread: 0.15, seed: 11)
    var options = KMeansOptions(clusters: 6)
    options.batch = 300
    options.passes = 50
    options.patience = nil
    let result = try fit(FrameMatrix(frames, dimensions: 3), options)
    let ours = bruteForce(frames, result.centroids, dimensions: 3).inertia
    let exact = lloyd(frames, from: result.centroids, dimensions: 3)
    #expect(ours <= 1.01 * exact.inertia, "\(ours), Lloyd \(exact.inertia)")
    let best = (0..<20).map { start -> Double in
      var generator = Seeded(UInt64(start))
      let chosen = (0..<6).flatMap { _ in
        let row = Int.random(in: 0..<900, using: &generator)
        return frames[row * 3..<row * 3 + 3]
      }
      return lloyd(frames, from: chosen, dimensions: 3).inertia
    }.min()!
    #expect(ours <= 1.01 * best, "\(ours), Lloyd's best \(best)")
  }

  @Test func `the result is the same for any number of threads, in memory and on disk`() throws {
    let frames = random(20_000 * 13, 5)
    var options = KMeansOptions(clusters: 37)
    options.batch = 1000
    options.starts = 2
    options.passes = 4
    options.seed = 9
    let memory = FrameMatrix(frames, dimensions: 13)
    let expected = try fit(memory, options, threads: 1)
    for threads in 2...3 { #expect(try fit(memory, options, threads: threads) == expected) }
    let directory = TemporaryDirectory()
    let writer = try FeatureFileWriter(path: directory.file("features"), dimensions: 13)
    try writer.append(frames)
    try writer.finish()
    let file = try FeatureFile(path: directory.file("features"))
    #expect(try fit(file, options) == expected)
    // Windows of 2 of the 10 blocks of 2048 frames.
    options.windowBytes = 2 * 2048 * 13 * 4
    let windowed = try fit(file, options, threads: 1)
    for threads in 2...3 { #expect(try fit(file, options, threads: threads) == windowed) }
    #expect(windowed != expected)
    options.seed = 10
    #expect(try fit(memory, options) != expected)
  }

  /// Against scikit-learn on the same features of real speech (scripts/goldens/kmeans.py), means over seeds.
  /// A fit's inertia scatters from seed to seed, and the mean of 8 by a third of that.
  @Test(arguments: [20, 100])
  func `inertia is within 1 % of scikit-learn's`(clusters: Int) throws {
    let file = try TensorFile(path: golden("kmeans.safetensors"))
    let frames = FrameMatrix(try file.floats("features"), dimensions: 39)
    let reference = try file.floats("inertia.\(clusters)").map(Double.init)
    let compute = Compute(threads: 2)
    var options = KMeansOptions(clusters: clusters)
    options.batch = 500
    options.starts = 5
    let features = MatrixBuffer(try file.floats("features"), columns: 39)
    let ours = try reference.indices.map { seed in
      options.seed = UInt64(seed)
      let nearest = NearestCentroid(
        centroids: try fit(frames, options).centroids, dimensions: 39, on: compute)
      return nearest.assign(features, on: compute).inertia / Double(frames.count)
    }
    let (mean, expected) = (
      ours.reduce(0, +) / Double(ours.count), reference.reduce(0, +) / Double(reference.count)
    )
    #expect(mean <= 1.01 * expected, "\(ours), scikit-learn \(reference)")
    #expect(mean >= 0.99 * expected, "\(ours), scikit-learn \(reference)")
  }

  @Test func `too few frames and features that are not finite are refused in one line`() throws {
    let compute = Compute(threads: 1)
    #expect {
      try MiniBatchKMeans(KMeansOptions(clusters: 5)).fit(
        FrameMatrix([1, 2, 3, 4], dimensions: 1), on: compute)
    } throws: { error in
      "\(error)".contains("expected at least as many frames as clusters (5), found 4")
    }
    for bad: Float in [.nan, -Float.infinity, 1e25] {
      var frames = random(3000, 1)
      frames[1234] = bad
      #expect {
        try MiniBatchKMeans(KMeansOptions(clusters: 5)).fit(FrameMatrix(frames, dimensions: 2), on: compute)
      } throws: { error in
        "\(error)".contains("frame 617 of the features")
      }
    }
  }

  @Test func `fewer distinct frames than clusters leave clusters empty`() throws {
    let frames = (0..<100).map { Float($0 % 3) }
    let result = try fit(FrameMatrix(frames, dimensions: 1), KMeansOptions(clusters: 8))
    #expect(Set(result.centroids) == [0, 1, 2])
    #expect(result.inertia == 0)
  }

  @Test func `one cluster is the mean`() throws {
    let frames = random(5000, 2)
    var options = KMeansOptions(clusters: 1)
    options.patience = nil
    let result = try fit(FrameMatrix(frames, dimensions: 1), options)
    let mean = Double(frames.reduce(0, +)) / 5000
    // Of 100 batches of 5000 draws: variance 1/3, so a standard error of sqrt(1/3 / 500,000) = 0.0008.
    #expect(abs(Double(result.centroids[0]) - mean) < 5 * 0.0008)
  }

  @Test func `a fit stops when asked, and says how far it is`() throws {
    let source = FrameMatrix(random(3000, 1), dimensions: 3)
    var seen: [MiniBatchKMeans.Progress] = []
    var options = KMeansOptions(clusters: 3)
    options.starts = 2
    let result = try MiniBatchKMeans(options).fit(
      source, on: Compute(threads: 1), shouldStop: { seen.count == 4 }, progress: { seen.append($0) })
    #expect(result == nil)
    #expect(seen.count == 4)
    #expect(seen[1] == .starts(done: 2, total: 2))
    guard case .batches(2, 100, .some) = seen[3] else {
      Issue.record("\(seen[3])")
      return
    }
  }
}
