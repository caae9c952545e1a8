extension AlignedWords {
  /// The alignment that NIST's `sclite` makes, with the same choice among equals: the least sum of 4 for a
  /// substitution and 3 for a deletion or an insertion. What rests on word errors in their places, as
  /// ``MatchedPairs`` does, agrees with `sc_stats` on this alignment only.
  ///
  /// Its errors may be more than the fewest possible: it would rather have three deletions and three insertions
  /// (18) than five substitutions (20).
  public init(sclite reference: [String], hypothesis: [String]) {
    self.init(reference: reference, hypothesis: hypothesis, costs: .sclite)
  }
}
