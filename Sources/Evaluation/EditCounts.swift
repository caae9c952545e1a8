/// How far a hypothesis is from its reference: the errors of an alignment with as few of them as possible.
///
/// Every substitution, deletion (a token of the reference that the hypothesis lacks) and insertion (one that
/// it has too many) costs 1. Of several alignments with as few errors the one with the most equal tokens
/// counts: "a b" against "b c" is a deletion and an insertion, not two substitutions. That settles all three
/// numbers. Other ``EditCosts`` choose another alignment.
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

  /// The minimum edit distance, unless other costs than ``EditCosts/unit`` chose the alignment.
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
  /// The errors of the alignment that counts under `costs`.
  ///
  /// - Complexity: time is at most the product of the lengths, memory their sum.
  public init<Token: Hashable>(reference: [Token], hypothesis: [Token], costs: EditCosts = .unit) {
    var numbers = TokenNumbers<Token>()
    let (r, h) = (numbers.numbers(of: reference), numbers.numbers(of: hypothesis))
    var counter = EditCounter(costs: costs)
    self = counter.counts(r, h, limit: numbers.count)
  }
}
