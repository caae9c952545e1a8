import Checkpoints
import Clustering
import JSON
import Tensors

/// Times mini-batch k-means on features that are in memory.
public final class KMeansBenchmark {
  private let compute: Compute
  private let frames: MatrixBuffer

  /// - Parameter features: a `.npy` file, (frames, features).
  public init(features: String, threads: Int) throws {
    let file = try NumPyFile(path: features)
    let (_, width) = try file.matrixShape(path: features)
    guard width > 0 else { throw BenchmarkError("\(features): frames of no features") }
    compute = Compute(threads: threads, level: try .chosen())
    frames = MatrixBuffer(file.floats, columns: width)
  }

  /// Fits once, from the starts to the last batch; the inertia of all frames is measured after the time.
  public func measure(
    clusters: Int, starts: Int, batch: Int, passes: Int, seed: UInt64
  ) throws -> KMeansTiming {
    var options = KMeansOptions(clusters: clusters)
    options.starts = starts
    options.batch = batch
    options.passes = passes
    options.seed = seed
    let begin = monotonicSeconds()
    var started = begin
    let result = try MiniBatchKMeans(options).fit(
      FrameMatrix(frames), on: compute,
      progress: { progress in
        if case .starts = progress { started = monotonicSeconds() }
      })
    let end = monotonicSeconds()
    guard let result else { throw BenchmarkError("the fit was stopped") }
    let nearest = NearestCentroid(centroids: result.centroids, dimensions: frames.matrix.columns, on: compute)
    let inertia = nearest.assign(frames, on: compute).inertia / Double(frames.matrix.rows)
    return KMeansTiming(
      clusters: clusters, frames: frames.matrix.rows, threads: compute.threads, seconds: end - begin,
      startSeconds: started - begin, batches: result.batches, inertia: inertia)
  }
}

/// How long a fit takes, and how good it is.
public struct KMeansTiming {
  let clusters: Int
  let frames: Int
  let threads: Int
  let seconds: Double
  let startSeconds: Double
  let batches: Int
  /// Per frame.
  let inertia: Double

  public var json: String {
    let document: JSONValue = [
      "bench": "kmeans", "clusters": .integer(Int64(clusters)), "frames": .integer(Int64(frames)),
      "threads": .integer(Int64(threads)), "seconds": .number(seconds),
      "start_seconds": .number(startSeconds),
      "batches": .integer(Int64(batches)), "inertia": .number(inertia),
    ]
    return document.text(.spaced)
  }

  public var text: String {
    "\(clusters) clusters of \(frames) frames, \(threads) \(threads == 1 ? "thread" : "threads"): "
      + "\(decimals(seconds, 3)) s, \(decimals(startSeconds, 3)) s of it for the starts; \(batches) batches, "
      + "inertia \(decimals(inertia, 3)) a frame"
  }
}
