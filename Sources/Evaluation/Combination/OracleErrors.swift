extension EditCounts {
  /// The errors of the best of several hypotheses: what a perfect choice among an n-best list, or among systems,
  /// would leave. The one with the fewest errors, of equals the one with the fewest substitutions, and then the
  /// first.
  ///
  /// - Returns: nil without hypotheses.
  public static func best<Token: Hashable>(
    of hypotheses: [[Token]], reference: [Token]
  ) -> (index: Int, counts: EditCounts)? {
    hypotheses.enumerated()
      .map { (index: $0, counts: EditCounts(reference: reference, hypothesis: $1)) }
      .min { ($0.counts.errors, $0.counts.substitutions) < ($1.counts.errors, $1.counts.substitutions) }
  }
}

extension WordNetwork {
  /// The fewest word errors of any way through the network, from each slot a word or none as the slot has them:
  /// what a perfect vote would leave. At most those of the best system.
  ///
  ///     d(s, i) = min(d(s-1, i-1) + [w_i not in s], d(s-1, i) + [s has no empty place], d(s, i-1) + 1)
  ///
  /// - Complexity: O(arcs x words).
  public func oracleErrors(reference: [String]) -> Int {
    var row = Array(0...reference.count)
    for slot in slots {
      let words = Set(slot.compactMap(\.word))
      let skipped = slot.contains { $0.word == nil } ? 0 : 1
      var diagonal = row[0]
      row[0] += skipped
      for i in 0..<reference.count {
        let substituted = diagonal + (words.contains(reference[i]) ? 0 : 1)
        diagonal = row[i + 1]
        row[i + 1] = min(substituted, diagonal + skipped, row[i] + 1)
      }
    }
    return row[reference.count]
  }
}
