/// Error rates of several systems on resampled sets of utterances: how much of a rate, and of a difference of
/// rates, is owed to the choice of utterances (Bisani and Ney 2004).
///
/// A resample is as many utterances as there are, drawn with replacement; its rate is the sum of errors over
/// the sum of reference tokens. All systems are measured on the same resamples, so that what makes an utterance
/// hard for all of them cancels out in their differences. Utterances are taken for independent. Where several of
/// a speaker are not, intervals are too narrow: give the sums of each speaker in place of utterances. Of a handful
/// of them they mean little.
///
/// Every draw is a function of the seed, the resample and the draw's place in it, so that nothing depends on the
/// number of threads, nor a system's numbers on what other systems there are.
public struct Bootstrap: Sendable {
  /// Of each system: its errors in each utterance.
  public let errors: [[Int]]
  /// Of each utterance: tokens of its reference.
  public let reference: [Int]
  /// (system, resample): sums of errors.
  private let errorSums: [[Int]]
  /// Of each resample: the sum of reference tokens.
  private let referenceSums: [Int]

  public struct Options: Sendable, Hashable {
    public var samples = 10_000
    /// The part of the resamples that an interval holds.
    public var confidence = 0.95
    public var seed: UInt64 = 1
    public init() {}
  }

  public let options: Options

  /// - Parameters:
  ///   - errors: (system, utterance).
  ///   - reference: of each utterance, the tokens of its reference; fewer than 2^32 utterances.
  /// - Complexity: O(samples x utterances x systems), spread over threads.
  public init(errors: [[Int]], reference: [Int], options: Options = Options(), threads: Int = 1) {
    precondition(
      errors.allSatisfy { $0.count == reference.count },
      "errors of \(errors.map(\.count)) utterances for \(reference.count) references")
    precondition(options.samples > 0, "\(options.samples) resamples")
    precondition(options.confidence > 0 && options.confidence < 1, "confidence \(options.confidence)")
    self.errors = errors
    self.reference = reference
    self.options = options
    let sums = resampledSums(
      [reference] + errors, samples: options.samples, seed: options.seed, threads: threads)
    referenceSums = sums[0]
    errorSums = Array(sums.dropFirst())
  }

  /// The rate of a system; nil without reference tokens.
  public func rate(of system: Int) -> Double? { ratio(errors[system].reduce(0, +), reference.reduce(0, +)) }

  /// The percentile interval of a rate: from its (1 - confidence) / 2 quantile over the resamples to that of
  /// (1 + confidence) / 2.
  public func interval(of system: Int) -> ClosedRange<Double>? { interval(errorSums[system]) }

  /// a's rate less b's.
  public func difference(_ a: Int, _ b: Int) -> Double? {
    ratio(errors[a].reduce(0, +) - errors[b].reduce(0, +), reference.reduce(0, +))
  }

  /// The percentile interval of the difference.
  public func interval(ofDifference a: Int, _ b: Int) -> ClosedRange<Double>? {
    interval(zip(errorSums[a], errorSums[b]).map { $0 - $1 })
  }

  /// The two-tailed p of the difference: twice the part of the resamples on which the worse system is not the
  /// worse,
  ///
  ///     p = min(1, 2 (1 + min(#{d* <= 0}, #{d* >= 0})) / (1 + samples))
  ///
  /// with d* the difference on a resample, itself counted among them (Davison and Hinkley 1997, chapter 4),
  /// so that no number of resamples makes it 0. It falls below 1 - confidence where the interval leaves 0 out,
  /// but for the one resample more. 1 for systems with as many errors in every utterance.
  public func p(_ a: Int, _ b: Int) -> Double {
    var (notWorse, notBetter) = (0, 0)
    for (a, b) in zip(errorSums[a], errorSums[b]) {
      if a <= b { notWorse += 1 }
      if a >= b { notBetter += 1 }
    }
    return min(1, 2 * Double(1 + min(notWorse, notBetter)) / Double(1 + options.samples))
  }

  private func ratio(_ errors: Int, _ reference: Int) -> Double? {
    reference > 0 ? Double(errors) / Double(reference) : nil
  }

  /// Resamples without reference tokens have no rate and are left out.
  private func interval(_ errors: [Int]) -> ClosedRange<Double>? {
    let rates = zip(errors, referenceSums).compactMap { ratio($0, $1) }.sorted()
    guard !rates.isEmpty else { return nil }
    let tail = (1 - options.confidence) / 2
    return quantile(rates, tail)...quantile(rates, 1 - tail)
  }
}

/// A quantile of sorted values, linear between them: type 7 of Hyndman and Fan (1996), NumPy's own.
func quantile(_ sorted: [Double], _ part: Double) -> Double {
  let place = part * Double(sorted.count - 1)
  let below = Int(place)
  let above = min(below + 1, sorted.count - 1)
  return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
