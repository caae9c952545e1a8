public import Evaluation

/// A comparison that has been made, and what a reader has to know of how.
public struct ComparisonResult {
  /// What was compared, in a few words: it heads the page and the store's list.
  public let title: String
  public let input: ComparisonInput
  public let comparison: SystemComparison
  public let scoring: ScoringOptions
  public let bootstrap: Bootstrap.Options

  /// - Parameter shouldStop: asked now and then; the result is then nil.
  /// - Throws: one line for a reference that cannot be read.
  public init?(
    _ input: ComparisonInput, title: String, scoring: ScoringOptions,
    bootstrap: Bootstrap.Options = Bootstrap.Options(), threads: Int = 1, shouldStop: () -> Bool = { false }
  ) throws {
    guard
      let comparison = try SystemComparison(
        input.utterances, input.systems, scoring: scoring, bootstrap: bootstrap, threads: threads,
        shouldStop: shouldStop)
    else { return nil }
    self.title = title
    self.input = input
    self.comparison = comparison
    self.scoring = scoring
    self.bootstrap = bootstrap
  }

  /// Seconds of sound that were compared on; nil where they are not known of all.
  var audioSeconds: Double? {
    let durations = input.utterances.compactMap(\.durationSeconds)
    return durations.count == input.utterances.count ? durations.reduce(0, +) : nil
  }

  /// How it was counted, in a sentence each.
  var notes: [String] {
    let count = input.utterances.count
    let words = comparison.standings.first?.totals.words.reference ?? 0
    var first =
      "\(grouped(count)) \(count == 1 ? "utterance" : "utterances"), \(grouped(words)) words"
    if let seconds = audioSeconds { first += ", \(decimals(seconds / 60, 1)) minutes" }
    return [
      first + ".",
      "Text rules: \(oneLine(scoring.rules.name)); costs: \(scoring.costs.rawValue); Chinese and Japanese by "
        + (scoring.unit == .mixed ? "character." : "white space."),
      "Intervals: \(decimals(100 * bootstrap.confidence, 0)) %, bootstrap over utterances, \(grouped(bootstrap.samples)) samples, seed "
        + "\(bootstrap.seed). p of MAPSSWE and of the paired bootstrap, two-tailed; corrected for the number of pairs by Holm's method.",
    ]
  }

  /// A pair whose difference holds in both tests, corrected, at the 5 % level.
  static func isSignificant(_ pair: PairComparison) -> Bool {
    pair.correctedMatchedPairsP < 0.05 && pair.correctedBootstrapP < 0.05
  }
}
