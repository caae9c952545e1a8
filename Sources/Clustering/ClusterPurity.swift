/// How well clusters z agree with reference labels y, such as phones, frame by frame (Hsu et al. 2021,
/// section IV-E): from the joint distribution p(y, z) of frames,
///
///     phone purity   = sum over z of p(z) max over y of p(y | z)
///     cluster purity = sum over y of p(y) max over z of p(z | y)
///     PNMI           = I(y; z) / H(y)
///
/// Phone purity is the accuracy of a recogniser that knows the cluster alone; it grows with the number of
/// clusters, up to 1 when each frame is its own. Cluster purity then falls. PNMI is the part of the
/// uncertainty about y that z takes away.
public struct ClusterPurity: Sendable, Equatable {
  public let references: Int
  public let clusters: Int
  /// Frames, (references, clusters).
  private var joint: [Int]

  public init(references: Int, clusters: Int) {
    precondition(references > 0 && clusters > 0, "\(references) reference labels, \(clusters) clusters")
    self.references = references
    self.clusters = clusters
    joint = Array(repeating: 0, count: references * clusters)
  }

  /// Counts the frames of an utterance; references of another frame rate must have been brought to that of
  /// the labels. The two have the same length.
  public mutating func add(_ labels: some Collection<UInt16>, references: some Collection<UInt16>) {
    precondition(
      labels.count == references.count, "\(labels.count) labels, \(references.count) reference labels")
    for (label, reference) in zip(labels, references) {
      joint[Int(reference) * clusters + Int(label)] += 1
    }
  }

  public var frames: Int { joint.reduce(0, +) }

  /// NaN without frames, as are the other figures.
  public var phonePurity: Double {
    let agreeing = (0..<clusters).reduce(0) { sum, z in
      sum + (0..<references).reduce(0) { max($0, joint[$1 * clusters + z]) }
    }
    return Double(agreeing) / Double(frames)
  }

  public var clusterPurity: Double {
    let agreeing = (0..<references).reduce(0) { sum, y in
      sum + (joint[y * clusters..<(y + 1) * clusters].max() ?? 0)
    }
    return Double(agreeing) / Double(frames)
  }

  /// I(y; z) = H(y) + H(z) - H(y, z). Also NaN where all frames have one reference label.
  public var normalisedMutualInformation: Double {
    let y = entropy((0..<references).map { joint[$0 * clusters..<($0 + 1) * clusters].reduce(0, +) })
    let z = entropy((0..<clusters).map { z in (0..<references).reduce(0) { $0 + joint[$1 * clusters + z] } })
    return (y + z - entropy(joint)) / y
  }
}
