/// How far a hypothesis is from its reference: the errors of an alignment with as few of them as possible.
///
/// Every substitution, deletion (a token of the reference that the hypothesis lacks) and insertion (one that it
/// has too many) costs 1. Of several alignments with as few errors the one with the most equal tokens counts:
/// "a b" against "b c" is a deletion and an insertion, not two substitutions. That settles all three numbers.
public struct EditCounts: Sendable, Hashable {
  public var substitutions: Int
  public var deletions: Int
  public var insertions: Int
  /// Tokens of the reference.
  public var reference: Int

  public init(substitutions: Int = 0, deletions: Int = 0, insertions: Int = 0, reference: Int = 0) {
    self.substitutions = substitutions
    self.deletions = deletions
    self.insertions = insertions
    self.reference = reference
  }

  /// The minimum edit distance.
  public var errors: Int { substitutions + deletions + insertions }

  /// Errors over tokens of the reference, which may exceed 1; nil without reference tokens.
  public var rate: Double? { reference > 0 ? Double(errors) / Double(reference) : nil }

  public static func + (a: EditCounts, b: EditCounts) -> EditCounts {
    EditCounts(
      substitutions: a.substitutions + b.substitutions, deletions: a.deletions + b.deletions,
      insertions: a.insertions + b.insertions, reference: a.reference + b.reference)
  }

  public static func += (a: inout EditCounts, b: EditCounts) { a = a + b }
}

extension EditCounts {
  /// Aligns two sequences.
  ///
  ///     d(i, j) = min(d(i-1, j-1) + [r_i != h_j], d(i-1, j) + 1, d(i, j-1) + 1)
  ///
  /// (Wagner and Fischer 1974), row by row. A cell holds the errors so far and, below them, the substitutions
  /// among them, so that the smaller number is the better alignment. Errors E and substitutions S of the last
  /// cell give the rest: deletions + insertions = E - S, insertions - deletions = |h| - |r|.
  ///
  /// - Complexity: time is the product of the lengths, memory the length of the hypothesis.
  public init<Token: Equatable>(reference: [Token], hypothesis: [Token]) {
    let error = 1 << 32
    precondition(reference.count + hypothesis.count < error, "sequences of over 2^32 tokens")
    // d(i-1, ...), overwritten from left to right with d(i, ...).
    var row = (0...hypothesis.count).map { $0 * error }
    row.withUnsafeMutableBufferPointer { row in
      for token in reference {
        var diagonal = row[0]
        row[0] += error
        for (j, other) in hypothesis.enumerated() {
          let substituted = token == other ? diagonal : diagonal + error + 1
          diagonal = row[j + 1]
          row[j + 1] = min(substituted, min(diagonal, row[j]) + error)
        }
      }
    }
    let (errors, substitutions) = row[hypothesis.count].quotientAndRemainder(dividingBy: error)
    let excess = hypothesis.count - reference.count
    let insertions = (errors - substitutions + excess) / 2
    self.init(
      substitutions: substitutions, deletions: insertions - excess, insertions: insertions,
      reference: reference.count)
  }
}
