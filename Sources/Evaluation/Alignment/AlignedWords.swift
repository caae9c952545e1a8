/// A reference, a hypothesis of it, and how they are aligned.
public struct AlignedWords: Sendable, Hashable {
  public let reference: [String]
  public let hypothesis: [String]
  public let operations: [EditOperation]

  /// - Parameter operations: they take all words of both sides, and match equal ones only.
  public init(reference: [String], hypothesis: [String], operations: [EditOperation]) {
    self.reference = reference
    self.hypothesis = hypothesis
    self.operations = operations
    precondition(
      operations.count(where: \.takesReference) == reference.count
        && operations.count(where: \.takesHypothesis) == hypothesis.count,
      "\(operations.count) operations do not align \(reference.count) words with \(hypothesis.count)")
  }

  /// Word errors of this alignment.
  public var errors: Int { operations.count(where: \.isError) }

  /// Places of the reference, each with what stands for it and in front of it.
  public struct Place: Sendable, Hashable {
    /// nil behind the last word.
    public var reference: String?
    /// nil where the word is deleted.
    public var hypothesis: String?
    /// Words that are inserted before it.
    public var inserted: [String] = []

    public var isRight: Bool { reference != nil && reference == hypothesis }
  }

  /// One place for each word of the reference, and one behind them, whatever the hypothesis: two hypotheses of
  /// a reference are compared place by place.
  public var places: [Place] {
    var places: [Place] = []
    places.reserveCapacity(reference.count + 1)
    var (i, j) = (0, 0)
    var place = Place()
    for operation in operations {
      if operation.takesReference {
        place.reference = reference[i]
        i += 1
      }
      if operation == .insertion { place.inserted.append(hypothesis[j]) }
      if operation == .match || operation == .substitution { place.hypothesis = hypothesis[j] }
      if operation.takesHypothesis { j += 1 }
      if operation.takesReference {
        places.append(place)
        place = Place()
      }
    }
    return places + [place]
  }
}
