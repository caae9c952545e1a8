/// How clusters are found; the defaults are HuBERT's (Hsu et al. 2021; fairseq's `learn_kmeans.py`).
public struct KMeansOptions: Sendable, Equatable {
  /// Labels are 16 bits.
  public static let mostClusters = 1 << 16

  /// 1...65,536, and not more than there are frames.
  public var clusters: Int
  /// Starts by k-means++, of which the best goes on; at least 1.
  public var starts = 20
  /// Frames of a mini-batch, drawn with replacement; at least 1. More than there are frames count as all.
  public var batch = 10_000
  /// Batches make up at most so many times the frames; at least 1.
  public var passes = 100
  /// Frames that a start is made of and starts are compared on; nil for three batches, or three times the
  /// clusters if that is more.
  public var startFrames: Int?
  /// Stop after so many batches in a row without a new least smoothed inertia; nil for never.
  public var patience: Int? = 100
  /// Stop when the squared movement of all centroids together is at most this times the mean variance of a
  /// feature; 0 for never.
  public var tolerance = 0.0
  /// Centroids with fewer frames than this times those of the largest cluster are put on random frames now
  /// and then; 0 for never.
  public var reassignment = 0.0
  public var seed: UInt64 = 0
  /// How much of a file of features is in memory at a time, as float32, in bytes. Data of that size and less
  /// is read once and drawn from as a whole; of more, pieces of this size together are drawn from at a time.
  /// What lies in memory anyway is always drawn from as a whole.
  public var windowBytes = 256 << 20

  public init(clusters: Int) { self.clusters = clusters }

  func startFrames(of count: Int) -> Int {
    min(count, max(clusters, startFrames ?? max(3 * min(batch, count), 3 * clusters)))
  }

  /// - Throws: one line if the options do not fit together or to so many frames.
  func check(frames: Int) throws(ClusteringError) {
    precondition(
      starts >= 1 && batch >= 1 && passes >= 1, "\(starts) starts, batch \(batch), \(passes) passes")
    precondition(tolerance >= 0 && reassignment >= 0, "tolerance \(tolerance), reassignment \(reassignment)")
    guard (1...Self.mostClusters).contains(clusters) else {
      throw ClusteringError("clusters: expected 1 to \(Self.mostClusters), found \(clusters)")
    }
    guard frames >= clusters else {
      throw ClusteringError(
        "features: expected at least as many frames as clusters (\(clusters)), found \(frames); ask for fewer "
          + "clusters or give more data")
    }
  }
}
