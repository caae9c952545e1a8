/// Several hypotheses of a reference, side by side with it.
public struct AlignedColumns: Sendable, Hashable {
  public struct Column: Sendable, Hashable {
    /// nil where the hypotheses have words that the reference lacks.
    public var reference: String?
    /// Of each system; nil where it has none.
    public var hypotheses: [String?]
  }

  public let columns: [Column]

  /// Between two words of the reference there are as many columns as the system that inserts the most words
  /// there needs; all systems' insertions begin in the first of them.
  ///
  /// - Parameter systems: alignments with one and the same reference.
  public init(_ systems: [AlignedWords]) {
    guard let reference = systems.first?.reference else {
      columns = []
      return
    }
    precondition(
      systems.allSatisfy { $0.reference == reference }, "hypotheses of different references: \(reference)")
    let places = systems.map(\.places)
    columns = (0...reference.count).flatMap { place in
      let inserted = places.map { $0[place].inserted }
      let between = (0..<(inserted.map(\.count).max() ?? 0)).map { column in
        Column(reference: nil, hypotheses: inserted.map { column < $0.count ? $0[column] : nil })
      }
      guard place < reference.count else { return between }
      return between + [Column(reference: reference[place], hypotheses: places.map { $0[place].hypothesis })]
    }
  }
}
