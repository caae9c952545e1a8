import BeamSearch

/// A key of DECODER whose value is looked for, and where.
public struct TuningAxis: Sendable, Equatable {
  public let key: String
  public let range: ClosedRange<Double>

  /// Keys whose values are numbers that weigh, in the order in which they are looked for, with the ranges that
  /// serve where none is given.
  static let weights: [(key: String, range: ClosedRange<Double>)] = [
    ("lm-weight", 0...3), ("word-score", -4...4), ("unk-score", -20...0), ("unk-token-score", -4...0),
    ("rescore-weight", 0...2),
  ]

  /// - Parameter text: `key` or `key=low:high`.
  /// - Throws: a line that says what is wrong with it.
  public init(parsing text: String) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let known = Self.weights.first(where: { $0.key == parts[0] }) else {
      throw UsageError(
        "--over \(text): no weight of that name; one of \(Self.weights.map(\.key).joined(separator: ", "))")
    }
    guard parts.count == 2 else {
      self.init(key: known.key, range: known.range)
      return
    }
    let ends = parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard ends.count == 2, ends.allSatisfy(\.isFinite), ends[0] < ends[1] else {
      throw UsageError("--over \(text): expected \(known.key)=LOW:HIGH, two numbers, the smaller one first")
    }
    if known.key.hasSuffix("-weight"), ends[0] < 0 {
      throw UsageError("--over \(text): \(known.key) is not negative; begin at 0 or above")
    }
    if known.key == "unk-token-score", ends[1] > 0 {
      throw UsageError("--over \(text): unk-token-score is not positive; end at 0 or below")
    }
    self.init(key: known.key, range: ends[0]...ends[1])
  }

  init(key: String, range: ClosedRange<Double>) {
    self.key = key
    self.range = range
  }

  /// The weights that a decoder can have: those of a language model, of one without a lexicon, and of a second
  /// one, only where it has such.
  static func axes(of beam: BeamChoice) -> [TuningAxis] {
    weights.filter { weight in
      switch weight.key {
      case "lm-weight": beam.languageModel != nil
      case "unk-score", "unk-token-score":
        beam.languageModel != nil && beam.lexicon == nil && beam.unit != .token
      case "rescore-weight": beam.rescoringModel != nil
      default: true
      }
    }.map { TuningAxis(key: $0.key, range: $0.range) }
  }
}
