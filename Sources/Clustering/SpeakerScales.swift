public import Checkpoints

/// What every speaker's features are brought to mean 0 by, and to variance 1 where they are: a `.safetensors` file with one tensor a speaker,
/// named by it, (2, dimensions) float32, means above deviations, which are 1 where variances are kept.
public struct SpeakerScales: Sendable, Equatable {
  public let scales: [String: FrameScale]
  public let origin: FeatureOrigin

  static let kind = "warbler.speakers"

  public init(_ moments: [String: FrameMoments], origin: FeatureOrigin) {
    scales = moments.filter { $0.value.frames > 0 }.mapValues {
      $0.scale(unitVariance: origin.standardization.scales)
    }
    self.origin = origin
  }

  /// Writes the file, complete or not at all.
  public func write(to path: String) throws {
    var metadata = origin.metadata
    metadata["kind"] = Self.kind
    metadata["version"] = "1"
    var writer = SafetensorsWriter(metadata: metadata)
    for (speaker, scale) in scales.sorted(by: { $0.key < $1.key }) {
      writer.add(speaker, shape: [2, scale.means.count], scale.means + scale.deviations)
    }
    try writer.write(to: path)
  }

  /// Reads the file.
  public init(path: String) throws(CheckpointError) {
    let file = try TensorFile(path: path)
    try checkKind(
      Self.kind, file.metadata, path, remedy: "remove it, and 'warbler cluster' makes it again")
    guard let origin = FeatureOrigin(metadata: file.metadata) else {
      throw unknownOrigin(file.metadata, path)
    }
    self.origin = origin
    var scales: [String: FrameScale] = [:]
    for tensor in file.tensors {
      let values = try file.floats(tensor.name)
      let width = values.count / 2
      guard tensor.shape == [2, width], width > 0, values.allSatisfy(\.isFinite),
        values[width...].allSatisfy({ $0 > 0 })
      else {
        throw CheckpointError(
          .invalidShape, path: path, subject: tensor.name,
          expected: "(2, features), means above positive deviations", found: "\(tensor.shape)",
          remedy: "remove the file, and 'warbler cluster' makes it again")
      }
      scales[tensor.name] = FrameScale(means: Array(values[..<width]), deviations: Array(values[width...]))
    }
    self.scales = scales
  }
}
