/// What tells one system from another, and whether it may be chance.
public struct PairComparison: Sendable, Hashable {
  /// Numbers of the systems, a before b.
  public var a: Int
  public var b: Int
  /// a's word error rate less b's; nil without reference words.
  public var difference: Double?
  public var interval: ClosedRange<Double>?
  /// p of ``MatchedPairs``, and the same corrected for the number of pairs.
  public var matchedPairsP: Double
  public var correctedMatchedPairsP: Double
  /// p of ``Bootstrap``, and the same corrected for the number of pairs.
  public var bootstrapP: Double
  public var correctedBootstrapP: Double
  /// Utterances in which a has fewer word errors than b, as many, more.
  public var wins: Int
  public var ties: Int
  public var losses: Int

  /// Every pair of the systems, by the first and then by the second.
  ///
  /// - Parameters:
  ///   - bootstrap: word errors of the systems, resampled; what it has behind them takes no part.
  ///   - alignments: (system, utterance), in the order of `bootstrap`. Their errors need not be as few as those
  ///     that `bootstrap` counts: `sclite`'s, with which ``MatchedPairs`` agrees with `sc_stats`, may be more.
  public static func all(_ bootstrap: Bootstrap, alignments: [[[EditOperation]]]) -> [PairComparison] {
    precondition(
      alignments.count <= bootstrap.errors.count,
      "alignments of \(alignments.count) systems for errors of \(bootstrap.errors.count)")
    var pairs: [PairComparison] = []
    for a in alignments.indices {
      for b in alignments.indices where b > a {
        let errors = zip(bootstrap.errors[a], bootstrap.errors[b])
        let (wins, losses) = (errors.count { $0 < $1 }, errors.count { $0 > $1 })
        let matchedPairsP = MatchedPairs(alignments[a], alignments[b]).p
        let bootstrapP = bootstrap.p(a, b)
        pairs.append(
          PairComparison(
            a: a, b: b, difference: bootstrap.difference(a, b),
            interval: bootstrap.interval(ofDifference: a, b), matchedPairsP: matchedPairsP,
            correctedMatchedPairsP: matchedPairsP, bootstrapP: bootstrapP, correctedBootstrapP: bootstrapP,
            wins: wins, ties: bootstrap.reference.count - wins - losses, losses: losses))
      }
    }
    let matchedPairs = holmAdjusted(pairs.map(\.matchedPairsP))
    let bootstraps = holmAdjusted(pairs.map(\.bootstrapP))
    for index in pairs.indices {
      pairs[index].correctedMatchedPairsP = matchedPairs[index]
      pairs[index].correctedBootstrapP = bootstraps[index]
    }
    return pairs
  }
}
