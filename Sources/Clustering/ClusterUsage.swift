#if canImport(Glibc)
import Glibc
#endif

/// How often each cluster is used.
public struct ClusterUsage: Sendable, Equatable {
  /// Frames of each cluster.
  public private(set) var counts: [Int]

  public init(clusters: Int) { counts = Array(repeating: 0, count: clusters) }

  public mutating func add(_ labels: some Sequence<UInt16>) {
    for label in labels { counts[Int(label)] += 1 }
  }

  public var frames: Int { counts.reduce(0, +) }
  public var smallest: Int { counts.min() ?? 0 }
  public var largest: Int { counts.max() ?? 0 }
  public var empty: Int { counts.count { $0 == 0 } }

  /// Of the distribution over clusters, in nats; 0 without frames.
  public var entropy: Double { Clustering.entropy(counts) }

  /// e^entropy: as many equally used clusters have that entropy.
  public var perplexity: Double { exp(entropy) }
}

/// - sum over i of p_i ln p_i for p proportional to `counts`; 0 if all are 0.
func entropy(_ counts: some Sequence<Int>) -> Double {
  let total = Double(counts.reduce(0, +))
  return counts.reduce(0) { sum, count in
    if count == 0 { return sum }
    let p = Double(count) / total
    return sum - p * log(p)
  }
}
