/// Features or settings that cannot be clustered. Its `description` is one line: what was found and what to
/// do.
public struct ClusteringError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension ClusteringError {
  static func notFinite(frame: Int) -> ClusteringError {
    ClusteringError(
      "frame \(frame) of the features: expected finite numbers of magnitudes whose squares are finite, found "
        + "NaN, infinite or larger ones; compute the features again without that recording")
  }
}
