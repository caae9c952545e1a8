/// Adjusted counts of all orders out of the counts of the highest (Heafield et al. 2013, section 3.2):
///
///     a(w_1 ... w_n) = c(w_1 ... w_n)                     n = N, or w_1 = <s>
///                    = |{v : c(v w_1 ... w_n) > 0}|       otherwise
///
/// In suffix order the n-grams below one of lower order lie together, so that one pass sees all of them with
/// an n-gram of each order in hand. n-grams that were seen as often as their order's threshold, or less
/// often, are marked: their counts go into the sums, and they are left out of the model.
struct AdjustedCounts {
  /// For each order, records of an n-gram in suffix order and its value: see ``Count``.
  private var files: [RecordFile?] = []
  private(set) var countsOfCounts: [CountsOfCounts]
  /// Kept n-grams of each order; of words with `<unk>`, `<s>` and `</s>`.
  private(set) var kept: [Int]

  /// An adjusted count and whether the n-gram is to be left out, as one value of a record.
  struct Count {
    let adjusted: UInt64
    let isPruned: Bool

    private static let mark: UInt64 = 1 << 63

    init(adjusted: UInt64, isPruned: Bool) { (self.adjusted, self.isPruned) = (adjusted, isPruned) }

    init(_ value: UInt64) {
      self.init(adjusted: value & ~Self.mark, isPruned: value & Self.mark != 0)
    }

    var value: UInt64 { isPruned ? adjusted | Self.mark : adjusted }
  }

  /// An n-gram of a lower order whose n-grams above it are passing by.
  private struct Open {
    var adjusted: UInt64 = 0
    var seen: UInt64 = 0
  }

  private let order: Int
  private let thresholds: [UInt64]
  private var open: [Open]
  /// The lower-order n-grams in hand are the first 1, 2, ... `openCount` of these words, last word first.
  private var words: [UInt32]
  private var openCount = 0
  /// The word whose unigram comes next: words without a count have one too.
  private var nextWord: UInt32 = 0

  /// - Parameters:
  ///   - counts: of n-grams of the highest order, sorted; equal ones may come several times.
  ///   - thresholds: for each order.
  ///   - words: in the vocabulary, with `<unk>`, `<s>` and `</s>`.
  init(
    _ counts: RecordMerge, order: Int, thresholds: [UInt64], words: Int, bufferBytes: Int,
    watch: EstimationWatch
  ) throws(LanguageModelError) {
    self.order = order
    self.thresholds = thresholds
    countsOfCounts = [CountsOfCounts](repeating: CountsOfCounts(), count: order)
    kept = [Int](repeating: 0, count: order)
    open = [Open](repeating: Open(), count: order)
    self.words = [UInt32](repeating: 0, count: order)
    for n in 1...order {
      files.append(
        try RecordFile(stride: NgramRecord.stride(order: n, values: 1), bufferBytes: bufferBytes))
    }
    var full = [UInt32](repeating: 0, count: order)
    while let first = counts.record {
      for place in 0..<order { full[place] = first[place] }
      var count: UInt64 = 0
      while let next = counts.record,
        full.withUnsafeBufferPointer({
          NgramRecord.haveEqualWords($0.baseAddress!, next, order)
        })
      {
        try watch.tick()
        count += NgramRecord.value(next, order)
        try counts.advance()
      }
      try add(full, count)
    }
    try close(downTo: 0)
    while Int(nextWord) < words { try writeUnseenWord() }
    for file in files { try file?.finishWriting() }
  }

  /// The counts of an order, once: whoever takes them ends their life.
  mutating func take(order n: Int) -> RecordFile {
    guard let file = files[n - 1] else { preconditionFailure("counts of order \(n) were taken before") }
    files[n - 1] = nil
    return file
  }

  private mutating func add(_ full: [UInt32], _ count: UInt64) throws(LanguageModelError) {
    var shared = 0
    while shared < openCount && full[shared] == words[shared] { shared += 1 }
    // The longest n-gram in common is extended by a word that was not before it yet.
    if shared > 0 { open[shared - 1].adjusted += 1 }
    try close(downTo: shared)
    for n in 0..<shared { open[n].seen += count }
    var beginsSentence = false
    while openCount < order - 1 && !beginsSentence {
      let word = full[openCount]
      beginsSentence = word == TextVocabulary.beginning
      words[openCount] = word
      open[openCount] = Open(adjusted: beginsSentence ? count : 1, seen: count)
      openCount += 1
    }
    // With a second <s> before it, it is an n-gram of lower order.
    if !beginsSentence { try write(full, order, Open(adjusted: count, seen: count)) }
  }

  /// Writes the n-grams of the orders above `least`, which no more n-grams extend.
  private mutating func close(downTo least: Int) throws(LanguageModelError) {
    while openCount > least {
      try write(words, openCount, open[openCount - 1])
      openCount -= 1
    }
  }

  private mutating func write(_ words: [UInt32], _ n: Int, _ counts: Open) throws(LanguageModelError) {
    if n == 1 { while nextWord < words[0] { try writeUnseenWord() } }
    try put(words, n, counts)
    if n == 1 { nextWord = words[0] + 1 }
  }

  private mutating func writeUnseenWord() throws(LanguageModelError) {
    try put([nextWord], 1, Open())
    nextWord += 1
  }

  private mutating func put(_ words: [UInt32], _ n: Int, _ counts: Open) throws(LanguageModelError) {
    let threshold = thresholds[n - 1]
    let isMarker = n == 1 && words[0] <= TextVocabulary.end
    let isPruned = threshold > 0 && counts.seen <= threshold && !isMarker
    countsOfCounts[n - 1].add(counts.adjusted)
    if !isPruned { kept[n - 1] += 1 }
    guard let file = files[n - 1] else { preconditionFailure("counts of order \(n) were taken") }
    let value = Count(adjusted: counts.adjusted, isPruned: isPruned).value
    try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: file.stride) {
      record throws(LanguageModelError) in
      let record = record.baseAddress!
      for place in 0..<n { record[place] = words[place] }
      NgramRecord.set(value: value, record, n)
      try file.append(record)
    }
  }
}
