#if canImport(Glibc)
import Glibc
#endif

/// What is said in a recording, as far as it is known: labels, wildcards for what the vocabulary cannot
/// write, and gaps where something may be said that nobody wrote down.
///
/// - A **wildcard** stands for something that is said, whatever it is: it has at least one frame, and in each
///   it emits the most probable token that is not the blank. The places on both sides of it are gaps, so that
///   it may be as many tokens as it takes.
/// - A **gap** is a place between labels, or at an end, where anything or nothing is said: the blank state
///   there may emit, instead of the blank, what a wildcard emits.
///
/// With y_t the log-posteriors of frame t,
///
///     star_t = max over tokens v other than the blank of y_t(v)  -  ln 2
///     gap_t  = max(y_t(blank), star_t)
///
/// torchaudio's star (Pratap et al. 2023, "Scaling Speech Technology to 1,000+ Languages") has log-posterior
/// 0: a certainty in every frame, which beats every label and every blank, so that what is next to it is
/// pushed into its least frames. Here a wildcard is as probable as the best that could stand in its place,
/// and takes a frame from a label only where another token is more than twice as probable (``wildcardCost``);
/// so, too, no two paths are equal because one calls a label's frame a wildcard's.
public struct AlignmentTarget: Sendable, Equatable {
  /// U ids; nil for a wildcard.
  public let labels: [Int?]
  /// The gaps: u in 0...U is the place before label u, or behind the last one.
  public let gaps: Set<Int>

  /// What a wildcard pays for each of its frames, in nats: ln 2.
  public static let wildcardCost = log(2.0)

  /// - Parameter gaps: beside those that the wildcards bring with them.
  public init(labels: [Int?], gaps: Set<Int> = []) {
    precondition(gaps.allSatisfy { (0...labels.count).contains($0) }, "a gap beyond \(labels.count) labels")
    let wildcards = labels.indices.filter { labels[$0] == nil }
    self.labels = labels
    self.gaps = gaps.union(wildcards).union(wildcards.map { $0 + 1 })
  }

  /// A frame for each label, and one for a blank between equal neighbours.
  public var fewestFrames: Int { labels.count + zip(labels, labels.dropFirst()).count { $0 == $1 } }
}
