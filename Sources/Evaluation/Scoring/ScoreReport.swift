/// The scores of a set of utterances.
public struct ScoreReport: Sendable {
  /// Names of the fields by which utterances can be grouped.
  public let fields: [String]
  /// In the order of the reference.
  public let utterances: [UtteranceScore]
  public let totals: ScoreTotals

  /// - Parameter fields: names for the fields of each utterance.
  public init(fields: [String], utterances: [UtteranceScore]) {
    self.fields = fields
    self.utterances = utterances
    var totals = ScoreTotals()
    for utterance in utterances {
      precondition(
        utterance.fields.count == fields.count,
        "\(utterance.fields.count) values for \(fields.count) fields of \(utterance.id)")
      totals += utterance
    }
    self.totals = totals
  }

  /// The sums for each value of a field, in ascending order of the values.
  /// - Precondition: there is a field of that name.
  public func groups(by field: String) -> [(value: String, totals: ScoreTotals)] {
    guard let place = fields.firstIndex(of: field) else { preconditionFailure("no field \(field)") }
    var totals: [String: ScoreTotals] = [:]
    for utterance in utterances { totals[utterance.fields[place], default: ScoreTotals()] += utterance }
    return totals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Words that were most often taken for others, or deleted, or inserted: out of kept alignments, the most
  /// frequent first, equally frequent ones in ascending order.
  public var confusions: [(kind: AlignmentStep.Kind, reference: String, hypothesis: String, count: Int)] {
    struct Key: Hashable {
      let kind: AlignmentStep.Kind
      let reference: String
      let hypothesis: String
    }
    var counts: [Key: Int] = [:]
    for row in utterances.lazy.flatMap({ $0.alignment?.rows ?? [] })
    where row.kind != .match && row.kind != .omission {
      counts[
        Key(kind: row.kind, reference: row.reference ?? "", hypothesis: row.hypothesis ?? ""), default: 0] +=
        1
    }
    return counts.sorted {
      ($1.value, $0.key.reference, $0.key.hypothesis) < ($0.value, $1.key.reference, $1.key.hypothesis)
    }.map { ($0.key.kind, $0.key.reference, $0.key.hypothesis, $0.value) }
  }
}
