extension ComparisonPage {
  /// Two systems against each other.
  public struct Pair: Sendable, Equatable {
    /// Their places in ``ComparisonPage/systems``.
    public var a: Int
    public var b: Int
    /// Word error rate of `a` less that of `b`; 0.01 is one percentage point.
    public var difference: Double?
    /// Its 95 % interval.
    public var interval: ClosedRange<Double>?
    /// Two-tailed, corrected for the number of pairs.
    public var mapssweP: Double?
    public var bootstrapP: Double?
    /// Utterances where `a` has fewer word errors than `b`, as many, more.
    public var wins: Int
    public var ties: Int
    public var losses: Int
    /// Shown from the most often fixed and from the most often broken.
    public var confusions: [Confusion] = []
    /// Words whose recall differs, in the order shown.
    public var recalls: [WordRecall] = []

    public init(
      _ a: Int, _ b: Int, difference: Double?, interval: ClosedRange<Double>? = nil, mapssweP: Double? = nil,
      bootstrapP: Double? = nil, wins: Int, ties: Int, losses: Int
    ) {
      self.a = a
      self.b = b
      self.difference = difference
      self.interval = interval
      self.mapssweP = mapssweP
      self.bootstrapP = bootstrapP
      self.wins = wins
      self.ties = ties
      self.losses = losses
    }
  }

  /// An error that one of two systems makes where the other makes none.
  public struct Confusion: Sendable, Equatable {
    /// Nil of an insertion.
    public var reference: String?
    /// Nil of a deletion.
    public var hypothesis: String?
    /// How often `a` makes it where `b` is right.
    public var fixed: Int
    /// How often `b` makes it where `a` is right.
    public var broken: Int

    public init(reference: String?, hypothesis: String?, fixed: Int, broken: Int) {
      self.reference = reference
      self.hypothesis = hypothesis
      self.fixed = fixed
      self.broken = broken
    }
  }

  /// How often a word of the references is found.
  public struct WordRecall: Sendable, Equatable {
    public var word: String
    /// Times it stands in the references.
    public var occurrences: Int
    /// Of these, times `a` has it.
    public var a: Int
    public var b: Int

    public init(_ word: String, occurrences: Int, a: Int, b: Int) {
      self.word = word
      self.occurrences = occurrences
      self.a = a
      self.b = b
    }
  }
}
