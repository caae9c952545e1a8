/// What speaks against an utterance's reference. The larger a measure, the more likely the reference is wrong.
public struct LabelEvidence: Sendable, Equatable {
  /// How references are ranked.
  public enum Measure: String, Sendable, CaseIterable {
    /// -ln P(reference | sound) for each label, nats, the mean over the models.
    case loss
    /// By how many nats for each label a model holds what it hears itself for more probable, the mean over the
    /// models.
    case margin
    /// The character error rate of that system's text which is nearest to the reference: large only where
    /// every system hears something else.
    case disagreement
    /// How badly the reference's worst word fits where it would have to be said: the mean of -ln posterior over
    /// its frames in the forced alignment, the mean over the models.
    case alignment
    /// The mean of the utterance's ranks by the other four, 1 for the most suspicious of all and 0 for the
    /// least.
    case combined
  }

  public let id: String
  /// `manifest:line`.
  public let place: String
  public let audioPath: String
  public let durationSeconds: Double
  /// As the manifest has it.
  public let reference: String
  /// What each system heard.
  public let heard: [String]
  public let loss: Double
  public let margin: Double
  public let disagreement: Double
  public let alignment: Double
  /// The word that fits worst, for the model that it fits worst; nil if there is none that can be written.
  public let weakestWord: Transcript.Word?
  public internal(set) var combined = 0.0

  public subscript(measure: Measure) -> Double {
    switch measure {
    case .loss: loss
    case .margin: margin
    case .disagreement: disagreement
    case .alignment: alignment
    case .combined: combined
    }
  }
}

extension [LabelEvidence] {
  /// Gives each its mean rank, and puts the most suspicious first.
  mutating func rank(by measure: LabelEvidence.Measure) {
    let parts = LabelEvidence.Measure.allCases.filter { $0 != .combined }
    var sums = [Double](repeating: 0, count: count)
    for part in parts {
      for (place, rank) in ranks(by: part).enumerated() { sums[place] += rank }
    }
    for place in indices { self[place].combined = sums[place] / Double(parts.count) }
    // Stable: of equals the first of the manifest comes first.
    self = enumerated().sorted {
      ($1.element[measure], $0.offset) < ($0.element[measure], $1.offset)
    }.map(\.element)
  }

  /// The part of the others that each stands above, equals counted half.
  private func ranks(by measure: LabelEvidence.Measure) -> [Double] {
    guard count > 1 else { return map { _ in 1 } }
    let sorted = indices.sorted { self[$0][measure] < self[$1][measure] }
    var ranks = [Double](repeating: 0, count: count)
    var start = 0
    while start < count {
      var end = start + 1
      while end < count, self[sorted[end]][measure] == self[sorted[start]][measure] { end += 1 }
      for place in start..<end {
        ranks[sorted[place]] = (Double(start) + Double(end - 1)) / 2 / Double(count - 1)
      }
      start = end
    }
    return ranks
  }
}
