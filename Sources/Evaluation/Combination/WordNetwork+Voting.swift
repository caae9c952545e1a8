/// How the systems of a ``WordNetwork`` vote: the second half of ROVER (Fiscus 1997).
///
///     score(w) = alpha N(w) / N + (1 - alpha) C(w)
///
/// for each word of a slot, and for none, with N(w) of N systems that have it and C(w) their confidence in it.
public struct RoverVote: Sendable, Hashable {
  /// How a word's confidences become one; in parentheses what `rover -m` calls it.
  public enum Confidence: Sendable, Hashable, CaseIterable {
    /// The mean over the systems that have the word (`meth1`).
    case mean
    /// The largest (`maxconf`).
    case largest
    /// The sum over the systems that have the word, over that of all in the slot (`avgconf`); 0 where that is 0,
    /// where `rover` gives up.
    case share
  }

  /// 1 for numbers of systems only, 0 for confidences only.
  public var alpha = 1.0
  public var confidence = Confidence.mean
  /// The confidence that a system without a word has in that.
  public var nullConfidence = 0.0

  public init(alpha: Double = 1, confidence: Confidence = .mean, nullConfidence: Double = 0) {
    self.alpha = alpha
    self.confidence = confidence
    self.nullConfidence = nullConfidence
  }
}

/// A word that systems have agreed upon.
public struct VotedWord: Sendable, Hashable {
  public var word: String
  /// The mean confidence of the systems that have it.
  public var confidence: Double
}

extension WordNetwork {
  /// The best word of each slot, where that is one. Of equal scores the arc that comes first in the slot wins:
  /// the first system's, in a slot that the first system has a word in.
  public func voted(_ vote: RoverVote = RoverVote()) -> [VotedWord] {
    slots.compactMap { slot in
      let candidates = candidates(of: slot, vote)
      let total = candidates.reduce(0) { $0 + $1.confidences.reduce(0, +) }
      var best: (score: Double, word: VotedWord?) = (-.infinity, nil)
      for (word, confidences) in candidates {
        let sum = confidences.reduce(0, +)
        let mean = sum / Double(confidences.count)
        let confidence =
          switch vote.confidence {
          case .mean: mean
          case .largest: confidences.max() ?? 0
          case .share: total == 0 ? 0 : sum / total
          }
        let score =
          vote.alpha * (Double(confidences.count) / Double(slot.count)) + (1 - vote.alpha) * confidence
        if score > best.score { best = (score, word.map { VotedWord(word: $0, confidence: mean) }) }
      }
      return best.word
    }
  }

  /// Words of a slot, as they first come, each with its confidences.
  private func candidates(of slot: [Arc], _ vote: RoverVote) -> [(word: String?, confidences: [Double])] {
    var candidates: [(word: String?, confidences: [Double])] = []
    for arc in slot {
      let confidence = arc.word == nil ? vote.nullConfidence : arc.confidence
      if let known = candidates.firstIndex(where: { $0.word == arc.word }) {
        candidates[known].confidences.append(confidence)
      } else {
        candidates.append((arc.word, [confidence]))
      }
    }
    return candidates
  }
}
