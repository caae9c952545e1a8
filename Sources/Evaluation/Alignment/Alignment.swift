/// One step of an alignment.
public struct AlignmentStep: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case match, substitution, deletion, insertion
    /// An optional word of the reference that the hypothesis leaves out, which is right.
    case omission
  }

  public let kind: Kind
  /// The place in the reference; nil for an insertion.
  public let reference: Int?
  /// The place in the hypothesis; nil for a deletion or omission.
  public let hypothesis: Int?

  public init(_ kind: Kind, reference: Int?, hypothesis: Int?) {
    self.kind = kind
    self.reference = reference
    self.hypothesis = hypothesis
  }

  /// Whether it is an error.
  public var isError: Bool { kind != .match && kind != .omission }
}

/// Which token of the hypothesis stands for which of the reference, from the first to the last.
public struct Alignment: Sendable, Hashable {
  public let steps: [AlignmentStep]
  public let counts: EditCounts

  /// - Parameter steps: each token of both sides once, in their order.
  public init(steps: [AlignmentStep]) {
    self.steps = steps
    var counts = EditCounts()
    for step in steps {
      switch step.kind {
      case .match, .omission: break
      case .substitution: counts.substitutions += 1
      case .deletion: counts.deletions += 1
      case .insertion: counts.insertions += 1
      }
      if step.reference != nil { counts.reference += 1 }
    }
    self.counts = counts
  }

  /// Aligns two sequences.
  ///
  /// - Complexity: time is the product of the lengths at most, memory their sum.
  public init<Token: Hashable>(reference: [Token], hypothesis: [Token], costs: EditCosts = .unit) {
    var numbers = TokenNumbers<Token>()
    let (r, h) = (numbers.numbers(of: reference), numbers.numbers(of: hypothesis))
    var aligner = LinearSpaceAligner(costs: costs)
    self = aligner.alignment(r, h, limit: numbers.count)
  }
}

/// Small numbers for tokens, because they compare faster.
struct TokenNumbers<Token: Hashable> {
  private var numbers: [Token: UInt32] = [:]

  var count: Int { numbers.count }

  mutating func number(of token: Token) -> UInt32 {
    if let number = numbers[token] { return number }
    let number = UInt32(numbers.count)
    numbers[token] = number
    return number
  }

  mutating func numbers(of tokens: [Token]) -> [UInt32] { tokens.map { number(of: $0) } }
}
