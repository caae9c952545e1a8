#if canImport(Glibc)
import Glibc
#endif

extension BackoffTables {
  /// - Parameter path: an ARPA file, plain or gzip'd.
  init(path: String) throws(LanguageModelError) {
    let file = try OpenedFile(path: path)
    guard !file.beginning.starts(with: ModelLayout.magic) else {
      throw LanguageModelError(
        .unsupportedFormat, path: path, expected: "an ARPA file", found: "Warbler's binary form",
        remedy: "name the ARPA file it was made from, or make one with warbler lm convert")
    }
    self.init(try NgramCollection(LineReader(file)))
  }

  /// Sorts the n-grams by context and word.
  private init(_ collection: NgramCollection) {
    words = collection.vocabulary
    guard let start = words.id(of: "<s>"), let end = words.id(of: "</s>") else {
      preconditionFailure("a model without <s> and </s>")
    }
    (sentenceStart, sentenceEnd) = (start, end)
    orders = []
    // Where the n-grams of the order below stand now.
    var moved: [UInt32] = []
    for (index, table) in collection.orders.enumerated() {
      let entries = table.entries
      func key(_ number: Int) -> UInt64 {
        index == 0
          ? entries[number].key : NgramTable.key(prefix: moved[Int(entries[number].prefix)], word: entries[number].word)
      }
      let keys = entries.indices.map { key($0) }
      let sorted = entries.indices.sorted { keys[$0] < keys[$1] }
      var order = Order()
      for number in sorted {
        order.words.append(entries[number].word)
        order.contexts.append(index == 0 ? 0 : moved[Int(entries[number].prefix)])
        order.suffixes.append(index == 0 ? 0 : moved[Int(entries[number].suffix)])
        order.logProbabilities.append(Double(entries[number].probability) * log(10))
        order.logBackoffs.append(Double(entries[number].backoff) * log(10))
      }
      append(order)
      moved = [UInt32](repeating: 0, count: entries.count)
      for (place, number) in sorted.enumerated() { moved[number] = UInt32(place) }
    }
  }

  /// Adds the next order; all of its n-grams are kept.
  mutating func append(_ new: Order) {
    var new = new
    new.isKept = [Bool](repeating: true, count: new.count)
    if let below = orders.indices.last {
      var children = [Int](repeating: 0, count: orders[below].count + 1)
      for context in new.contexts { children[Int(context) + 1] += 1 }
      for place in 1..<children.count { children[place] += children[place - 1] }
      orders[below].children = children
    }
    orders.append(new)
  }

  /// Writes what is kept as an ARPA file, gzip'd if its name ends in `.gz`.
  func write(to path: String, _ watch: EstimationWatch) throws(LanguageModelError) {
    var arpa = try ARPAWriter(path: path, counts: counts)
    for length in 1...order {
      try arpa.beginOrder()
      for place in 0..<orders[length - 1].count where orders[length - 1].isKept[place] {
        try watch.tick()
        let isStart = length == 1 && orders[0].words[place] == sentenceStart
        // Rounding may leave a probability of 1 a little above it.
        let probability = min(0, orders[length - 1].logProbabilities[place] / log(10))
        arpa.write(log10Probability: isStart ? ARPAWriter.nothing : probability)
        for (index, word) in spelled(Context(length: length, place: place)).enumerated() {
          arpa.write(word: text(word), isFirst: index == 0)
        }
        let isContext =
          length < order
          && children(Context(length: length, place: place)).contains { orders[length].isKept[$0] }
        try arpa.endNgram(
          log10Backoff: isContext ? orders[length - 1].logBackoffs[place] / log(10) : nil)
      }
    }
    try arpa.commit()
  }

  private func text(_ word: UInt32) -> ArraySlice<UInt8> {
    words.bytes[Int(words.offsets[Int(word)])..<Int(words.offsets[Int(word) + 1])]
  }

  /// The words of an n-gram, the first one first.
  private func spelled(_ ngram: Context) -> [UInt32] {
    var words: [UInt32] = []
    var place = ngram.place
    for length in (1...ngram.length).reversed() {
      words.append(orders[length - 1].words[place])
      place = Int(orders[length - 1].contexts[place])
    }
    return words.reversed()
  }
}
