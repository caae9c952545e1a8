/// Word error rates of several systems over ranges of a quantity.
public struct ErrorTrend: Sendable, Hashable {
  /// What errors are held against.
  public enum Quantity: String, Sendable, CaseIterable {
    /// The system's own, of the utterance; in 0...1.
    case confidence
    /// Seconds.
    case duration
    /// Decibels below full scale.
    case level
    /// Words of the reference a second.
    case pace
  }

  public struct Bin: Sendable, Hashable {
    public var range: ClosedRange<Double>
    /// (system): word errors over reference words of its utterances in the range; nil without such words.
    public var rates: [Double?]
    /// (system): utterances in the range.
    public var utterances: [Int]
  }

  public let quantity: Quantity
  /// Ascending; of as many utterances as can be, all systems taken together.
  public let bins: [Bin]
}

extension SystemComparison {
  /// How errors go with a quantity.
  /// - Returns: nil where it is known of no utterance, or is the same in all.
  public func trend(_ quantity: ErrorTrend.Quantity, bins: Int = 5) -> ErrorTrend? {
    let values = systems.indices.map { system in
      utterances.indices.map { value(quantity, system, $0) ?? .nan }
    }
    let errors = scores.map { $0.map(\.words.errors) }
    let totals = scores.map { $0.map(\.words.reference) }
    let pooled = ErrorRateBin.quantiles(
      errors: errors.flatMap(\.self), totals: totals.flatMap(\.self), by: values.flatMap(\.self), bins: bins)
    guard pooled.count > 1 else { return nil }
    return ErrorTrend(
      quantity: quantity,
      bins: pooled.map { bin in
        let members = values.map { values in values.indices.filter { bin.range.contains(values[$0]) } }
        return ErrorTrend.Bin(
          range: bin.range,
          rates: members.enumerated().map { system, places in
            let total = places.reduce(0) { $0 + totals[system][$1] }
            return total > 0
              ? Double(places.reduce(0) { $0 + errors[system][$1] }) / Double(total) : nil
          }, utterances: members.map(\.count))
      })
  }

  private func value(_ quantity: ErrorTrend.Quantity, _ system: Int, _ place: Int) -> Double? {
    let utterance = utterances[place]
    switch quantity {
    case .confidence: return systems[system].readings[place].confidence
    case .duration: return utterance.durationSeconds
    case .level: return utterance.levelDecibels
    case .pace:
      guard let seconds = utterance.durationSeconds, seconds > 0 else { return nil }
      return Double(scores[system][place].words.reference) / seconds
    }
  }
}
