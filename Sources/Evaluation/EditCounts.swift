/// How far a hypothesis is from its reference: the errors of an alignment with as few of them as possible.
///
/// Every substitution, deletion (a token of the reference that the hypothesis lacks) and insertion (one that
/// it has too many) costs 1. Of several alignments with as few errors the one with the most equal tokens
/// counts: "a b" against "b c" is a deletion and an insertion, not two substitutions. That settles all three
/// numbers.
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
  /// - Complexity: time is the product of the lengths, memory their sum.
  public init<Token: Hashable>(reference: [Token], hypothesis: [Token]) {
    // Small numbers compare faster than tokens.
    var numbers: [Token: Int32] = [:]
    func numbered(_ tokens: [Token]) -> [Int32] {
      tokens.map { token in
        if let number = numbers[token] { return number }
        let number = Int32(numbers.count)
        numbers[token] = number
        return number
      }
    }
    let reference = numbered(reference)
    self.init(ofNumbered: reference, hypothesis: numbered(hypothesis))
  }

  ///     d(i, j) = min(d(i-1, j-1) + [r_i != h_j], d(i-1, j) + 1, d(i, j-1) + 1)
  ///
  /// (Wagner and Fischer 1974), row by row. A cell holds the errors so far and, below them, the substitutions
  /// among them, so that the smaller number is the better alignment. Errors E and substitutions S of the last
  /// cell give the rest: deletions + insertions = E - S, insertions - deletions = |h| - |r|.
  private init(ofNumbered reference: [Int32], hypothesis: [Int32]) {
    let error = 1 << 32
    precondition(reference.count + hypothesis.count < Int32.max, "sequences of over 2^31 tokens")
    // d(i-1, ...), overwritten from left to right with d(i, ...).
    var row = (0...hypothesis.count).map { $0 * error }
    row.withUnsafeMutableBufferPointer { row in
      hypothesis.withUnsafeBufferPointer { hypothesis in
        for token in reference {
          var diagonal = row[0]
          var left = diagonal + error
          row[0] = left
          for j in 0..<hypothesis.count {
            let substituted = diagonal + (token == hypothesis[j] ? 0 : error + 1)
            diagonal = row[j + 1]
            left = min(substituted, min(diagonal, left) + error)
            row[j + 1] = left
          }
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
