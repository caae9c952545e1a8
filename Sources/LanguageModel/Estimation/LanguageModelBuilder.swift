#if canImport(Glibc)
import Glibc
#endif

/// Builds n-gram language models by interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998) from
/// text of any size in bounded memory, as KenLM's lmplz does (Heafield, Pouzyrevsky, Clark and Koehn 2013,
/// "Scalable Modified Kneser-Ney Language Model Estimation").
///
/// n-grams are counted in blocks that are sorted, spilled to temporary files and merged; each further step
/// streams through such files. What is written depends on the texts and the options, not on the memory.
///
/// Where it differs from lmplz: thresholds are compared with the number of times an n-gram was seen in every
/// case; a vocabulary makes other words `<unk>` instead of pruning their n-grams;
/// `<s>` has the logarithm -99; n-grams that are no contexts are written without a back-off.
public struct LanguageModelBuilder: Sendable {
  /// The longest n-grams, 1 to ``mostOrder``.
  public var order: Int
  /// Of each order from 1 on, how often an n-gram may have been seen and yet be left out; not decreasing. The
  /// last holds for the orders behind it; empty for 0.
  public var pruning: [UInt64] = []
  /// Whether every character is a word, and white space the word `|`.
  public var isOfCharacters = false
  /// A file of the only words there are, between white space: all others are `<unk>`. nil for the words of
  /// the texts.
  public var vocabulary: String?
  /// For orders whose discounts cannot be estimated; nil to fail there.
  public var fallback: KneserNeyDiscounts?
  /// Bytes for counting, sorting and merging. The vocabulary comes on top of it: the bytes of its words and
  /// about 24 a word.
  public var memory = 1 << 30

  /// The highest order that makes sense of.
  public static let mostOrder = 20
  /// Less is not worth the passes over the data.
  public static let leastMemory = 1 << 16

  public init(order: Int) {
    precondition((1...Self.mostOrder).contains(order), "order \(order), of 1 to \(Self.mostOrder)")
    self.order = order
  }

  /// What was built.
  public struct Report: Sendable, Hashable {
    public var sentences = 0
    /// Words of the text, without `</s>`.
    public var tokens = 0
    /// n-grams of each order in the model.
    public var ngrams: [Int] = []
    /// Of each order.
    public var discounts: [KneserNeyDiscounts] = []
    /// Orders whose discounts are the fallback.
    public var fallbackOrders: [Int] = []
  }

  /// A step of the work.
  public enum Step: Sendable, Hashable {
    case counting
    case adjusting(tokens: Int)
    case estimating(order: Int)
    case writing
  }

  /// Builds the model of the texts together.
  /// - Parameters:
  ///   - texts: one sentence a line in UTF-8, plain or gzip'd; `-` is standard input.
  ///   - out: an ARPA file, gzip'd if it ends in `.gz`; it appears complete or not at all.
  ///   - shouldStop: asked now and then.
  ///   - report: told each step as it begins.
  /// - Throws: an error of kind `stopped` once that is asked for; otherwise what is wrong with the text, line
  ///   by line, with its size, or with the disk.
  public func build(
    texts: [String], out: String, shouldStop: @escaping () -> Bool = { false },
    step: (Step) -> Void = { _ in }
  ) throws(LanguageModelError) -> Report {
    precondition(memory >= Self.leastMemory, "\(memory) bytes of memory, of \(Self.leastMemory) or more")
    let thresholds = self.thresholds
    let watch = EstimationWatch(shouldStop: shouldStop)
    let bufferBytes = min(1 << 18, memory / 32)
    var report = Report()
    step(.counting)
    let (runs, words) = try count(texts, &report, watch)
    step(.adjusting(tokens: report.tokens))
    var adjusted = try AdjustedCounts(
      try runs.merged(memory: memory / 2, watch: watch), order: order, thresholds: thresholds,
      words: words.count,
      bufferBytes: bufferBytes, watch: watch)
    report.ngrams = adjusted.kept
    for n in 1...order {
      let (discounts, isFallback) = try discounts(adjusted.countsOfCounts[n - 1], order: n, texts)
      report.discounts.append(discounts)
      if isFallback { report.fallbackOrders.append(n) }
    }
    var results: [OrderEstimator.Result] = []
    for n in 1...order {
      step(.estimating(order: n))
      try watch.ask()
      let estimator = OrderEstimator(
        order: n, discounts: report.discounts[n - 1], memory: memory, watch: watch)
      results.append(
        // Without <s>, which is not predicted.
        try estimator.estimate(
          adjusted.take(order: n), lower: results.last?.probabilities,
          uniform: 1 / Double(adjusted.kept[0] - 1)))
    }
    step(.writing)
    try write(results, words, counts: adjusted.kept, to: out, bufferBytes: bufferBytes, watch)
    return report
  }

  /// ``pruning`` for every order.
  private var thresholds: [UInt64] {
    precondition(
      pruning.count <= order && zip(pruning, pruning.dropFirst()).allSatisfy { $0 <= $1 },
      "thresholds \(pruning) for \(order) orders: at most one an order, none below the one before")
    return pruning + [UInt64](repeating: pruning.last ?? 0, count: order - pruning.count)
  }

  private func count(_ texts: [String], _ report: inout Report, _ watch: EstimationWatch)
    throws(LanguageModelError) -> (SortedRuns, TextVocabulary)
  {
    var reader = try SentenceReader(unit: isOfCharacters ? .characters : .words, vocabulary: vocabulary)
    let counter = try NgramCounter(order: order, memory: memory)
    for text in texts {
      try reader.read(text, watch: watch) { sentence throws(LanguageModelError) in
        report.sentences += 1
        report.tokens += sentence.count
        try counter.add(sentence)
      }
    }
    guard report.tokens > 0 else {
      throw LanguageModelError(
        .missing, path: texts.joined(separator: ", "), expected: "words", found: "none",
        remedy: "name a text with one sentence a line")
    }
    return (try counter.finish(), reader.words)
  }

  private func discounts(_ countsOfCounts: CountsOfCounts, order n: Int, _ texts: [String])
    throws(LanguageModelError) -> (KneserNeyDiscounts, isFallback: Bool)
  {
    do throws(KneserNeyDiscounts.Unfit) {
      return (try KneserNeyDiscounts(countsOfCounts: countsOfCounts), false)
    } catch {
      if let fallback { return (fallback, true) }
      let found =
        error.discount.map { "\($0)" }
        ?? "no \(n)-gram with the adjusted count \(error.count) to estimate it from"
      throw LanguageModelError(
        .unfit, path: texts.joined(separator: ", "),
        expected: "the discount of count \(error.count) of order \(n) from 0 to \(error.count)", found: found,
        remedy: "take more text, without repeated lines, or a lower --order, or give --discount-fallback")
    }
  }

  private func write(
    _ results: [OrderEstimator.Result], _ words: TextVocabulary, counts: [Int], to out: String,
    bufferBytes: Int,
    _ watch: EstimationWatch
  ) throws(LanguageModelError) {
    var arpa = try ARPAWriter(path: out, counts: counts)
    for n in 1...order {
      try arpa.beginOrder()
      let ngrams = try RecordReader(results[n - 1].probabilities, bufferBytes: bufferBytes)
      let contexts =
        n < order ? try RecordReader(results[n].backoffs, bufferBytes: bufferBytes) : nil
      while let record = ngrams.record {
        try watch.tick()
        let isBeginning = n == 1 && record[0] == TextVocabulary.beginning
        arpa.write(
          log10Probability: isBeginning ? ARPAWriter.nothing : log10(NgramRecord.number(record, n)))
        for place in (0..<n).reversed() { arpa.write(word: words[record[place]], isFirst: place == n - 1) }
        try arpa.endNgram(log10Backoff: try backoff(of: record, n, contexts))
        try ngrams.advance()
      }
    }
    try arpa.commit()
  }

  /// log10 of gamma of an n-gram as a context; nil if it is none. Contexts that were pruned themselves are
  /// passed over.
  private func backoff(of ngram: UnsafePointer<UInt32>, _ n: Int, _ contexts: RecordReader?)
    throws(LanguageModelError) -> Double?
  {
    guard let contexts else { return nil }
    while let context = contexts.record, NgramRecord.isBefore(context, ngram, n) { try contexts.advance() }
    guard let context = contexts.record, NgramRecord.haveEqualWords(context, ngram, n) else { return nil }
    return log10(NgramRecord.number(context, n, 0))
  }
}
