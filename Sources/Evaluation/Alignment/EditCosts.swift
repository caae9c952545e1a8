/// What errors cost where an alignment is chosen, and which of equally cheap alignments is the one that counts.
///
/// Whatever the costs, an error is counted as one error.
public enum EditCosts: String, Sendable, Hashable, CaseIterable {
  /// Every error costs 1, so the errors are the minimum edit distance. Of alignments with as few errors the one
  /// with the fewest substitutions counts, and so the most equal tokens.
  ///
  /// Where NIST's sclite finds as few errors, it finds the same numbers of each kind: it minimises
  /// 3 (S + D + I) + S, and of equal S + D + I the smallest S is the cheapest.
  case unit
  /// NIST's sclite: a substitution costs 4, a deletion or insertion 3. Seen from the end, of equally cheap steps
  /// a substitution or match goes before an insertion, and that before a deletion. Three substitutions cost as
  /// much as two deletions with two insertions: there can be more errors than the edit distance.
  case sclite
  /// jiwer, which takes RapidFuzz's alignment: every error costs 1. What begins and ends alike is matched;
  /// between, seen from the end, a deletion goes before all else, and an insertion before a match, but a
  /// substitution before an insertion.
  ///
  /// RapidFuzz divides very long pairs and then breaks ties in each part for itself. That is not followed: from
  /// some 2,000 tokens against 2,000 on the kinds of errors may differ from jiwer's, their sum does not.
  case jiwer

  public var substitution: Int { self == .sclite ? 4 : 1 }
  /// What a deletion costs, or an insertion.
  public var indel: Int { self == .sclite ? 3 : 1 }

  /// Deletions and insertions that a cheapest alignment can have in all, if the edit distance is `distance`:
  /// its alignment costs at most `substitution * distance`.
  func mostIndels(distance: Int) -> Int { substitution * distance / indel }
}

/// A cost and, below it, the substitutions on the way.
///
/// Such numbers are added as costs are, and what counts as the better alignment under ``EditCosts/unit`` is the
/// smaller number.
enum PackedCost {
  static let unreachable = Int.max / 4

  static func substitution(_ costs: EditCosts) -> Int { costs.substitution << 32 | 1 }
  static func indel(_ costs: EditCosts) -> Int { costs.indel << 32 }
  @inline(__always) static func cost(_ packed: Int) -> Int { packed >> 32 }

  /// The counts of an alignment. C of all and S of substitutions leave (C - S c_sub) / c_indel deletions and
  /// insertions, of which there are |h| - |r| more insertions.
  static func counts(_ packed: Int, _ costs: EditCosts, reference: Int, hypothesis: Int) -> EditCounts {
    let substitutions = packed & 0xFFFF_FFFF
    let indels = (cost(packed) - substitutions * costs.substitution) / costs.indel
    let excess = hypothesis - reference
    let insertions = (indels + excess) / 2
    return EditCounts(
      substitutions: substitutions, deletions: insertions - excess, insertions: insertions,
      reference: reference)
  }
}

/// The last step of an alignment of two beginnings.
enum EditMove: UInt8 {
  /// A match or a substitution.
  case diagonal
  case insertion
  case deletion
}

/// Which of three last steps counts, given the packed costs of the alignments that end with them.
///
/// A rule looks at which steps are cheapest and at nothing else. So a part of the chosen alignment is what the
/// rule would choose for that part alone, which ``LinearSpaceAligner`` rests on.
protocol TieRule {
  static func choice(diagonal: Int, insertion: Int, deletion: Int, isMatch: Bool) -> EditMove
}

enum FewestSubstitutions: TieRule {
  @inline(__always)
  static func choice(diagonal: Int, insertion: Int, deletion: Int, isMatch: Bool) -> EditMove {
    if diagonal <= insertion { return diagonal <= deletion ? .diagonal : .deletion }
    return insertion <= deletion ? .insertion : .deletion
  }
}

enum ScliteTies: TieRule {
  @inline(__always)
  static func choice(diagonal: Int, insertion: Int, deletion: Int, isMatch: Bool) -> EditMove {
    FewestSubstitutions.choice(
      diagonal: PackedCost.cost(diagonal), insertion: PackedCost.cost(insertion),
      deletion: PackedCost.cost(deletion), isMatch: isMatch)
  }
}

enum RapidFuzzTies: TieRule {
  @inline(__always)
  static func choice(diagonal: Int, insertion: Int, deletion: Int, isMatch: Bool) -> EditMove {
    let (diagonal, insertion) = (PackedCost.cost(diagonal), PackedCost.cost(insertion))
    if PackedCost.cost(deletion) <= min(diagonal, insertion) { return .deletion }
    return isMatch
      ? (insertion <= diagonal ? .insertion : .diagonal) : (diagonal <= insertion ? .diagonal : .insertion)
  }
}
