public import Tensors

/// When each label of a known text is said: of all paths that collapse to the text, the most probable.
///
/// The Viterbi form of the forward recursion (Graves et al. 2006), with the greatest path in place of the sum
/// over paths. Over l', the labels with a blank at both ends and between neighbours,
///
///     delta_t(s) = ln y_t(l'_s) + max(delta_{t-1}(s), delta_{t-1}(s-1),
///                                     delta_{t-1}(s-2) if l'_s is a label other than l'_{s-2})
///     score      = max(delta_T(|l'|), delta_T(|l'| - 1))
///
/// in Double. It is exact, however long the recording: no state is left out but those of which it is certain
/// that the best path does not meet them (``ViterbiSearch``). Of equally probable paths it takes the one that
/// is furthest in the text at the last frame in which they differ: the ending on a blank rather than on the
/// last label, and staying in a state rather than having come from the one before.
///
/// Wildcards and gaps are labels and blanks with a log-posterior of their own; see ``AlignmentTarget``.
public struct ForcedAlignment: Sendable, Equatable {
  public let target: AlignmentTarget
  public let blank: Int
  /// Where the path is in each frame, (T): an index of ``labels``; nil between labels.
  public let positions: [Int?]
  /// The token of each frame, (T): a label's; the blank's; in a wildcard, and where something is said in a
  /// gap, the most probable one that is not the blank.
  public let path: [Int]
  /// Natural log of the path's probability: the sum of its log-posteriors, less the wildcards' cost.
  public let score: Double

  /// U ids; nil for a wildcard.
  public var labels: [Int?] { target.labels }

  /// - Parameters:
  ///   - labels: U ids below the vocabulary's size, none the blank; may be empty.
  ///   - blank: the blank's id.
  /// - Returns: nil where no path has the text: with fewer frames than U plus the repeats among neighbours,
  ///   or where every path meets a probability of 0. Without meaning if the emissions are not `isValid`.
  /// - Complexity: as for a target.
  public init?(_ emissions: Emissions, labels: [Int], blank: Int) {
    self.init(emissions, target: AlignmentTarget(labels: labels), blank: blank)
  }

  /// - Parameters:
  ///   - target: labels below the vocabulary's size, none the blank.
  ///   - blank: the blank's id.
  ///   - level: of the kernels, which changes nothing but the time.
  /// - Returns: nil where no path has the text.
  /// - Complexity: O(T U) time at most, twice for more than 2^26 (T, U), where states that are certainly not
  ///   on the path are left out. Space: a byte for each frame and label up to 64 MiB; beyond that, 16 bytes
  ///   for every label once in as many frames as fill 64 MiB.
  public init?(
    _ emissions: Emissions, target: AlignmentTarget, blank: Int, level: KernelLevel = .best
  ) {
    let tokens = 0..<emissions.vocabularySize
    precondition(tokens.contains(blank), "blank \(blank) of \(emissions.vocabularySize) tokens")
    precondition(
      target.labels.allSatisfy { $0.map { $0 != blank && tokens.contains($0) } ?? true },
      "labels must be ids below \(emissions.vocabularySize) other than the blank, \(blank)")
    guard
      let best = ViterbiSearch(emissions, target: target, blank: blank, level: level).bestPath()
    else { return nil }
    self.target = target
    self.blank = blank
    positions = best.states.map { $0.isLabel ? $0.pair : nil }
    path = best.states.enumerated().map { frame, state in
      if state.isLabel, let label = target.labels[state.pair] { return label }
      guard state.isLabel || target.gaps.contains(state.pair) else { return blank }
      let spoken = emissions.mostProbableToken(inFrame: frame, otherThan: blank)
      guard let spoken else { return blank }
      let star = Double(emissions[frame, spoken]) - AlignmentTarget.wildcardCost
      return state.isLabel || star > Double(emissions[frame, blank]) ? spoken : blank
    }
    score = best.score
  }

  /// The frames of each label, (U), in order of time: from its first to its last, never empty. Those of a
  /// wildcard reach over all that is said in the gaps beside it.
  public var frames: [Range<Int>] {
    var frames = runs
    for (label, run) in runs.enumerated() where labels[label] == nil {
      // What two neighbouring wildcards share is the first one's.
      let start = label == 0 ? 0 : frames[label - 1].upperBound
      let end = label + 1 == runs.count ? path.count : runs[label + 1].lowerBound
      let before = path[start..<run.lowerBound].firstIndex { $0 != blank }
      let behind = path[run.upperBound..<end].lastIndex { $0 != blank }
      frames[label] = (before ?? run.lowerBound)..<(behind.map { $0 + 1 } ?? run.upperBound)
    }
    return frames
  }

  /// The labels with their frames and confidences, (U), in order of time; nil for wildcards.
  /// - Parameter emissions: those that were aligned.
  public func tokens(in emissions: Emissions) -> [AlignedToken?] {
    zip(labels, runs).map { label, run in
      guard let label else { return nil }
      var sum = LogPosteriorSum()
      for frame in run { sum.add(Double(emissions[frame, label])) }
      return AlignedToken(label: label, frames: run, confidence: sum.confidence)
    }
  }

  /// The frames of what is said in gaps that belong to no wildcard, in order of time: of each such gap, from
  /// the first to the last frame that is not blank.
  public var untranscribed: [Range<Int>] {
    let runs = runs
    return target.gaps.sorted().compactMap { gap in
      let isWildcards = [gap - 1, gap].contains { labels.indices.contains($0) && labels[$0] == nil }
      if isWildcards { return nil }
      let start = gap == 0 ? 0 : runs[gap - 1].upperBound
      let end = gap == runs.count ? path.count : runs[gap].lowerBound
      guard let first = path[start..<end].firstIndex(where: { $0 != blank }),
        let last = path[start..<end].lastIndex(where: { $0 != blank })
      else { return nil }
      return first..<last + 1
    }
  }

  /// Where the path stands on each label.
  private var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    for (frame, position) in positions.enumerated() {
      guard let position else { continue }
      if position == runs.count {
        runs.append(frame..<frame + 1)
      } else {
        runs[position] = runs[position].lowerBound..<frame + 1
      }
    }
    return runs
  }
}

extension Emissions {
  /// The lowest of the most probable tokens of a frame but one; nil if there is no other.
  fileprivate func mostProbableToken(inFrame frame: Int, otherThan blank: Int) -> Int? {
    var best: Int?
    for token in 0..<vocabularySize where token != blank {
      if best == nil || self[frame, token] > self[frame, best!] { best = token }
    }
    return best
  }
}
