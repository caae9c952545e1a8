public import Checkpoints
public import Tensors

/// Centroids and what they are of: a `.safetensors` file with one tensor, `centroids`, (clusters, dimensions)
/// float32, and metadata.
public struct KMeansModel: Sendable, Equatable {
  /// (clusters, dimensions), row-major.
  public let centroids: [Float]
  public let clusters: Int
  public let dimensions: Int
  public let origin: FeatureOrigin
  public let seed: UInt64
  /// Per frame, as the fit ended; see ``MiniBatchKMeans/Result``.
  public let inertia: Double
  public let batches: Int
  /// Frames that were fitted to.
  public let frames: Int

  /// - Precondition: the result is of frames of `dimensions` features.
  public init(
    _ result: MiniBatchKMeans.Result, dimensions: Int, origin: FeatureOrigin, seed: UInt64, frames: Int
  ) {
    precondition(
      dimensions > 0 && result.centroids.count % dimensions == 0,
      "\(result.centroids.count) elements for centroids of \(dimensions) features")
    centroids = result.centroids
    clusters = result.centroids.count / dimensions
    self.dimensions = dimensions
    self.origin = origin
    self.seed = seed
    inertia = result.inertia
    batches = result.batches
    self.frames = frames
  }

  public func nearest(on compute: Compute) -> NearestCentroid {
    NearestCentroid(centroids: centroids, dimensions: dimensions, on: compute)
  }
}

extension KMeansModel {
  static let kind = "warbler.kmeans"

  /// Writes the file, complete or not at all.
  public func write(to path: String) throws {
    var metadata = origin.metadata
    metadata["format"] = "pt"
    metadata["kind"] = Self.kind
    metadata["version"] = "1"
    metadata["seed"] = "\(seed)"
    metadata["inertia"] = "\(inertia)"
    metadata["batches"] = "\(batches)"
    metadata["frames"] = "\(frames)"
    var writer = SafetensorsWriter(metadata: metadata)
    writer.add("centroids", shape: [clusters, dimensions], centroids)
    try writer.write(to: path)
  }

  /// Reads the file.
  public init(path: String) throws(CheckpointError) {
    let file = try TensorFile(path: path)
    let metadata = file.metadata
    try checkKind(
      Self.kind, metadata, path, remedy: "name the kmeans.safetensors that 'warbler cluster' wrote")
    let tensor = try file.tensor("centroids")
    guard tensor.shape.count == 2, tensor.shape[1] > 0,
      (1...KMeansOptions.mostClusters).contains(tensor.shape[0])
    else {
      throw CheckpointError(
        .invalidShape, path: path, subject: "centroids",
        expected: "(clusters, features) with 1 to \(KMeansOptions.mostClusters) clusters",
        found: "\(tensor.shape)", remedy: "make the clusters again")
    }
    centroids = try file.floats("centroids")
    guard centroids.allSatisfy(\.isFinite) else {
      throw CheckpointError(
        .unsupportedFormat, path: path, subject: "centroids", expected: "finite numbers",
        found: "NaN or infinite ones", remedy: "make the clusters again")
    }
    clusters = tensor.shape[0]
    dimensions = tensor.shape[1]
    guard let origin = FeatureOrigin(metadata: metadata) else { throw unknownOrigin(metadata, path) }
    self.origin = origin
    seed = metadata["seed"].flatMap(UInt64.init) ?? 0
    inertia = metadata["inertia"].flatMap(Double.init) ?? .nan
    batches = metadata["batches"].flatMap(Int.init) ?? 0
    frames = metadata["frames"].flatMap(Int.init) ?? 0
  }
}

/// That a file is of the kind it is read as, in a version that is known.
func checkKind(_ kind: String, _ metadata: [String: String], _ path: String, remedy: String)
  throws(CheckpointError)
{
  guard metadata["kind"] == kind, metadata["version"] == "1" else {
    let found = metadata["kind"].map { "\($0), version \(metadata["version"] ?? "unknown")" }
    throw CheckpointError(
      .unsupportedFormat, path: path, subject: "__metadata__.kind", expected: "\(kind), version 1",
      found: found ?? "none", remedy: remedy)
  }
}

func unknownOrigin(_ metadata: [String: String], _ path: String) -> CheckpointError {
  CheckpointError(
    .unsupportedFormat, path: path, subject: "__metadata__.features",
    expected:
      "mfcc, or hidden_states with model and layer, and frames_per_second, standardized by what is known",
    found: metadata["features"] ?? "none", remedy: "make the clusters again")
}
