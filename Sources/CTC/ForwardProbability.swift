#if canImport(Glibc)
import Glibc
#endif

extension Emissions {
  /// Natural log of the probability of a text: of the sum over all paths that collapse to `labels`.
  ///
  /// The forward recursion of Graves et al. 2006 ("Connectionist Temporal Classification", section 4.1), in
  /// the log domain and in Double. Over l', the labels with a blank at both ends and between neighbours,
  ///
  ///     alpha_t(s) = y_t(l'_s) * (alpha_{t-1}(s) + alpha_{t-1}(s-1) + [l'_s is a label other than l'_{s-2}]
  ///     alpha_{t-1}(s-2)) p(labels)  = alpha_T(|l'|) + alpha_T(|l'| - 1)
  ///
  /// States are kept in two arrays: `blanks[u]`, the blank before label u (and `blanks[U]`, the last), and
  /// `labels[u]`. The start is a frame before the first, in which only `blanks[0]` is possible. At each frame
  /// only those states are visited that can be reached from the start and from which the end can still be
  /// reached.
  ///
  /// - Parameters:
  ///   - labels: U ids, none the blank.
  ///   - blank: the blank's id.
  /// - Returns: -inf where no path has the text, as with fewer frames than U plus the repeats among
  ///   neighbours. Of the empty text, the sum of the blank's log-posteriors. Without meaning, and possibly
  ///   NaN, if not ``isValid``.
  /// - Complexity: O(T U) time, O(U) space.
  public func logProbability(of labels: [Int], blank: Int) -> Double {
    let tokens = 0..<vocabularySize
    precondition(tokens.contains(blank), "blank \(blank) of \(vocabularySize) tokens")
    precondition(
      labels.allSatisfy { $0 != blank && tokens.contains($0) },
      "labels must be ids below \(vocabularySize) other than the blank, \(blank)")
    let count = labels.count
    guard frames >= count else { return -.infinity }
    // Whether label u may follow label u - 1 without a blank between them.
    let follows = labels.indices.map { $0 > 0 && labels[$0] != labels[$0 - 1] }
    var blankStates = [Double](repeating: -.infinity, count: count + 1)
    // labelStates[u + 1] belongs to label u; the first entry stands for the label before the first and stays
    // impossible.
    var labelStates = blankStates
    blankStates[0] = 0
    logPosteriors.withUnsafeBufferPointer { values in
      for frame in 0..<frames {
        let row = UnsafeBufferPointer(rebasing: values[frame * vocabularySize..<(frame + 1) * vocabularySize])
        let blankPosterior = Double(row[blank])
        // Downwards, so that states of lower u are still those of the frame before.
        for u in (max(0, count - frames + frame)...min(count, frame)).reversed() {
          let arriving = logAdd(blankStates[u], labelStates[u])
          if u < count {
            labelStates[u + 1] =
              logAdd(labelStates[u + 1], follows[u] ? arriving : blankStates[u]) + Double(row[labels[u]])
          }
          blankStates[u] = arriving + blankPosterior
        }
      }
    }
    return logAdd(blankStates[count], labelStates[count])
  }
}

/// ln(e^a + e^b), without overflow; -inf is the log of 0.
@inline(__always)
private func logAdd(_ a: Double, _ b: Double) -> Double {
  let (high, low) = a > b ? (a, b) : (b, a)
  // Below this, e^(low - high) is less than half a unit in the last place of 1. Holds where low is -inf, too.
  guard low - high > -37 else { return high }
  return high + log(1 + exp(low - high))
}
