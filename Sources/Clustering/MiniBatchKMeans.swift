import CKernels
import Checkpoints
public import Tensors

/// Mini-batch k-means (Sculley 2010), as HuBERT's targets are made: scikit-learn's `MiniBatchKMeans`, with
/// random numbers of our own.
///
/// It minimises the inertia, the sum over frames of the squared distance to the nearest centroid. Several
/// starts by greedy k-means++ are compared on a sample; the best goes on through mini-batches until the
/// inertia no longer falls. The result is a function of frames, options and kernels, bit for bit, whatever
/// the threads and wherever the frames are kept.
///
/// Clusters may end up empty where there are fewer distinct frames than clusters, and rarely otherwise.
/// Memory: a batch, three samples of ``KMeansOptions/startFrames`` frames, the centroids in double precision,
/// and of a source on disk ``KMeansOptions/windowBytes``.
public struct MiniBatchKMeans: Sendable {
  public let options: KMeansOptions

  public init(_ options: KMeansOptions) { self.options = options }

  /// How far a fit is.
  public enum Progress: Sendable, Equatable {
    /// `done` of `total` starts have been tried.
    case starts(done: Int, total: Int)
    /// Batches done, of at most `total`; inertia per frame, smoothed.
    case batches(done: Int, total: Int, inertia: Double?)
  }

  /// What a fit found.
  public struct Result: Sendable, Equatable {
    /// (clusters, dimensions), row-major.
    public let centroids: [Float]
    /// Mini-batches that it took.
    public let batches: Int
    /// Whether the inertia had stopped to fall; otherwise the passes ran out.
    public let converged: Bool
    /// Per frame, smoothed over the last batches, each measured before the centroids moved to it.
    public let inertia: Double
  }

  /// Clusters all frames of `source`.
  ///
  /// - Returns: nil if `shouldStop`, which is asked after every start and batch, came between.
  /// - Throws: one line if there are too few frames for the options, or features that are not finite.
  public func fit(
    _ source: any FrameSource, on compute: Compute, shouldStop: () -> Bool = { false },
    progress: (Progress) -> Void = { _ in }
  ) throws(ClusteringError) -> Result? {
    try options.check(frames: source.count)
    let source = try inMemory(source, on: compute)
    let frames = options.startFrames(of: source.count)
    let validation = try FrameSample(
      frames, of: source, draw: 0, purpose: .validation, options, on: compute)
    guard let start = try bestStart(source, validation, on: compute, shouldStop, progress) else { return nil }
    return try run(from: start, source, validation, on: compute, shouldStop, progress)
  }

  /// The source itself, or if it is on disk and small enough, all its frames.
  private func inMemory(_ source: any FrameSource, on compute: Compute) throws(ClusteringError)
    -> any FrameSource
  {
    guard source.memory == nil, source.count <= options.windowFrames(of: source) else { return source }
    let frames = MatrixBuffer(rows: source.count, columns: source.dimensions)
    do throws(CheckpointError) {
      try source.read(0..<source.count, into: frames.matrix.pointer)
    } catch {
      throw ClusteringError(error.description)
    }
    return FrameMatrix(frames)
  }

  /// Of several starts, each from a sample of its own, that of the least inertia on `validation`.
  private func bestStart(
    _ source: any FrameSource, _ validation: FrameSample, on compute: Compute, _ shouldStop: () -> Bool,
    _ progress: (Progress) -> Void
  ) throws(ClusteringError) -> [Float]? {
    var best: (centroids: [Float], inertia: Double)?
    for start in 0..<options.starts {
      let sample = try FrameSample(
        validation.count, of: source, draw: start, purpose: .start, options, on: compute)
      let centroids = PlusPlus(
        sample, clusters: options.clusters, start: start, seed: options.seed, on: compute
      ).centroids(options.clusters)
      let nearest = NearestCentroid(centroids: centroids, dimensions: source.dimensions, on: compute)
      let inertia = nearest.assign(validation.matrix, on: compute) { _ in }.inertia
      guard inertia.isFinite else { throw try fault(in: source, on: compute) }
      if best.map({ inertia < $0.inertia }) ?? true { best = (centroids, inertia) }
      progress(.starts(done: start + 1, total: options.starts))
      if shouldStop() { return nil }
    }
    return best?.centroids
  }

  private func run(
    from start: [Float], _ source: any FrameSource, _ validation: FrameSample, on compute: Compute,
    _ shouldStop: () -> Bool, _ progress: (Progress) -> Void
  ) throws(ClusteringError) -> Result? {
    let batch = min(options.batch, source.count)
    let total = max(1, options.passes * source.count / batch)
    let centroids = RunningCentroids(start: start, dimensions: source.dimensions)
    var batches = BatchReader(source, batch: batch, options)
    var rule = StoppingRule(
      batch: batch, frames: source.count,
      movementLimit: options.tolerance > 0 ? options.tolerance * validation.meanVariance : 0,
      patience: options.patience)
    var sinceReassignment = 0
    for step in 0..<total {
      let nearest = NearestCentroid(
        centroids: centroids.values, dimensions: source.dimensions, on: compute)
      let (labels, inertia) = try batches.assign(step, nearest, on: compute)
      guard inertia.isFinite else { throw try fault(in: source, on: compute) }
      let movement = centroids.update(batches.sample.pointer, labels: labels, on: compute)
      sinceReassignment += batch
      if options.reassignment > 0
        && (centroids.counts.contains(0) || sinceReassignment >= 10 * options.clusters)
      {
        sinceReassignment = 0
        centroids.reassign(
          below: options.reassignment, to: batches.sample.pointer, batch: batch,
          RandomSource(seed: options.seed, step: step, site: FrameDraws.Purpose.reassignment.rawValue))
      }
      let isMet = rule.isMet(inertia: inertia / Double(batch), movement: movement)
      progress(.batches(done: step + 1, total: total, inertia: rule.smoothed))
      if isMet || step == total - 1 {
        return Result(
          centroids: centroids.values, batches: step + 1, converged: isMet,
          inertia: rule.smoothed ?? inertia / Double(batch))
      }
      if shouldStop() { return nil }
    }
    return nil
  }

  /// What is wrong with features that give no finite distances: looks through all of them.
  private func fault(in source: any FrameSource, on compute: Compute) throws(ClusteringError)
    -> ClusteringError
  {
    let dimensions = source.dimensions
    for first in stride(from: 0, to: source.count, by: FrameDraws.framesPerBlock) {
      let range = first..<min(source.count, first + FrameDraws.framesPerBlock)
      let window = try FrameWindow([range], of: source, on: compute)
      let bad = (0..<window.count).first { place in
        let frame = window.frames + place * dimensions
        return !compute.kernels.dot(frame, frame, dimensions).isFinite
      }
      if let bad { return .notFinite(frame: first + bad) }
    }
    return ClusteringError("features: their distances exceed float32; scale them down")
  }
}

/// Reads mini-batches and assigns them, frames where they are being read.
private struct BatchReader {
  let sample: FrameSample
  private let source: any FrameSource
  private let draws: FrameDraws
  private let seed: UInt64
  private var window: FrameWindow?
  private var place = (pass: -1, window: -1)

  init(_ source: any FrameSource, batch: Int, _ options: KMeansOptions) {
    self.source = source
    seed = options.seed
    sample = FrameSample(count: batch, dimensions: source.dimensions)
    draws = FrameDraws(
      count: source.count,
      windowFrames: source.memory == nil ? options.windowFrames(of: source) : source.count, seed: options.seed
    )
  }

  /// Fills ``sample`` with batch `step`; its labels and inertia.
  mutating func assign(
    _ step: Int, _ nearest: NearestCentroid, on compute: Compute
  ) throws(ClusteringError) -> ([UInt16], Double) {
    let window = try window(ofBatch: step, on: compute)
    let random = RandomSource(seed: seed, step: step, site: FrameDraws.Purpose.batches.rawValue)
    return nearest.assign(sample.matrix, on: compute) { [sample] rows in
      sample.fill(rows, from: window) { random.index($0, below: window.count) }
    }
  }

  private mutating func window(ofBatch step: Int, on compute: Compute) throws(ClusteringError) -> FrameWindow
  {
    let next = draws.place(ofBatch: step, frames: sample.count)
    if let window, draws.windows == 1 || next == place { return window }
    place = next
    // The old one is let go before the new one is read.
    window = nil
    let read = try FrameWindow(
      draws.window(next.window, pass: next.pass, purpose: .batches), of: source, on: compute)
    window = read
    return read
  }
}

extension FrameSample {
  /// The population variance of a feature, averaged over the features.
  var meanVariance: Double {
    var total = 0.0
    for d in 0..<dimensions {
      var (sum, squares) = (0.0, 0.0)
      for row in 0..<count { sum += Double(pointer[row * dimensions + d]) }
      for row in 0..<count {
        let difference = Double(pointer[row * dimensions + d]) - sum / Double(count)
        squares += difference * difference
      }
      total += squares / Double(count)
    }
    return total / Double(dimensions)
  }
}
