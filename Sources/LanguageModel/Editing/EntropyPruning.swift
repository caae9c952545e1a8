#if canImport(Glibc)
import Glibc
#endif

/// Leaves out of a model the n-grams that it hardly misses (Stolcke 1998, "Entropy-based Pruning of Backoff
/// Language Models").
///
/// Without h w, its probability is that of backing off, with another back-off alpha' of h. The relative
/// entropy between the model with and without it (eq. 3, 5 and 7) is
///
///     D = - P(h) { p(w | h) [ln P(w | h') + ln alpha'(h) - ln p(w | h)]
///                  + (1 - sum over kept v of p(v | h)) [ln alpha'(h) - ln alpha(h)] }
///
///     alpha(h) = (1 - sum of p(v | h)) / (1 - sum of P(v | h'))
///
/// and e^D - 1 the relative change of the perplexity: an n-gram goes if that is below the threshold. Each is
/// looked at alone, beside all others of its context. Orders are pruned from the highest down, an n-gram
/// that is a context of one that is kept stays, and all back-offs are computed again at the end (as SRILM's
/// `ngram -prune`). P(h) is the model's own probability of the words of h.
public struct EntropyPruning: Sendable {
  /// The relative change of the perplexity below which an n-gram goes, 0 or above.
  public var threshold: Double

  public init(threshold: Double) {
    precondition(threshold >= 0, "a threshold of \(threshold)")
    self.threshold = threshold
  }

  /// n-grams of each order.
  public struct Report: Sendable, Hashable {
    public var before: [Int]
    public var after: [Int]
  }

  /// - Parameters:
  ///   - path: an ARPA file, plain or gzip'd.
  ///   - out: an ARPA file, gzip'd if its name ends in `.gz`; it appears complete or not at all.
  ///   - shouldStop: asked now and then; the error is of kind `stopped` then.
  /// - Complexity: about 40 bytes of memory an n-gram.
  public func prune(
    _ path: String, to out: String, shouldStop: @escaping () -> Bool = { false }
  ) throws(LanguageModelError) -> Report {
    let watch = EstimationWatch(shouldStop: shouldStop)
    var tables = try BackoffTables(path: path)
    let before = tables.counts
    let contexts = contextProbabilities(tables)
    for length in (1..<max(1, tables.order)).reversed() {
      for place in 0..<tables.orders[length - 1].count {
        try watch.tick()
        let context = BackoffTables.Context(length: length, place: place)
        for child in superfluous(tables, context, logProbability: contexts[length - 1][place]) {
          tables.orders[length].isKept[child] = false
        }
      }
    }
    try tables.normalise(watch)
    try tables.write(to: out, watch)
    return Report(before: before, after: tables.counts)
  }

  /// ln P of the words of each n-gram one after another, by order; of words behind `<s>` the probability that
  /// a sentence begins with them.
  private func contextProbabilities(_ tables: BackoffTables) -> [[Double]] {
    var result: [[Double]] = []
    for (index, order) in tables.orders.dropLast().enumerated() {
      result.append(
        order.words.indices.map { place in
          if index == 0 { return place == TextVocabulary.beginning ? 0 : order.logProbabilities[place] }
          return result[index - 1][Int(order.contexts[place])] + order.logProbabilities[place]
        })
    }
    return result
  }

  private func superfluous(
    _ tables: BackoffTables, _ context: BackoffTables.Context, logProbability: Double
  ) -> [Int] {
    let children = tables.children(context)
    guard !children.isEmpty else { return [] }
    let order = tables.orders[context.length]
    let sums = tables.sums(context)
    let rest = max(BackoffTables.leastRest, sums.rest)
    let lowerRest = max(BackoffTables.leastRest, sums.lowerRest)
    let lower = tables.suffix(context)
    return children.filter { child in
      let ngram = BackoffTables.Context(length: context.length + 1, place: child)
      let isContext = tables.children(ngram).contains { tables.orders[context.length + 1].isKept[$0] }
      if isContext { return false }
      let logP = order.logProbabilities[child]
      let logLower = tables.logProbability(order.words[child], after: lower)
      let logAlpha = log((rest + exp(logP)) / (lowerRest + exp(logLower)))
      let change =
        -exp(logProbability)
        * (exp(logP) * (logLower + logAlpha - logP) + rest * (logAlpha - log(rest / lowerRest)))
      return exp(change) - 1 < threshold
    }
  }
}
