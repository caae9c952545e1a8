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
    var words = TextVocabulary()
    // Where the n-grams of the order below stand now; at first, the words' numbers.
    var moved: [UInt32] = []
    let vocabulary = collection.vocabulary
    for word in 0..<vocabulary.count {
      vocabulary.bytes[Int(vocabulary.offsets[word])..<Int(vocabulary.offsets[word + 1])].withUnsafeBytes {
        moved.append(words.add($0))
      }
    }
    self.init(words: words)
    let numbers = moved
    for (index, table) in collection.orders.enumerated() {
      let entries = table.entries
      let keys = entries.map { entry in
        let word = numbers[Int(entry.word)]
        return index == 0 ? UInt64(word) : NgramTable.key(prefix: moved[Int(entry.prefix)], word: word)
      }
      let sorted = entries.indices.sorted { keys[$0] < keys[$1] }
      var order = Order()
      for number in sorted {
        order.words.append(UInt32(truncatingIfNeeded: keys[number]))
        order.contexts.append(UInt32(keys[number] >> 32))
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
        let isStart = length == 1 && place == TextVocabulary.beginning
        // Rounding may leave a probability of 1 a little above it.
        let probability = min(0, orders[length - 1].logProbabilities[place] / log(10))
        arpa.write(log10Probability: isStart ? ARPAWriter.nothing : probability)
        for (index, word) in spelled(Context(length: length, place: place)).enumerated() {
          arpa.write(word: words[word], isFirst: index == 0)
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
