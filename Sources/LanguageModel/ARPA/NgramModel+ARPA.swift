extension NgramModel {
  /// Writes the model as an ARPA file: n-grams in the order of their contexts and words, numbers with as many
  /// digits as tell them apart. Reading it gives the same scores.
  ///
  /// - Complexity: about 50 bytes of memory for each n-gram of one order beside the model.
  public func writeARPA(to path: String) throws(LanguageModelError) {
    var file = try AtomicWriter(path: path)
    try file.write("\\data\\\n")
    for (index, count) in ngramCounts.enumerated() { try file.write("ngram \(index + 1)=\(count)\n") }
    try file.write("\n\\1-grams:\n")
    for word in 0..<UInt32(wordCount) {
      let text = self.word(WordID(rawValue: word))
      try file.write(line(tables.unigram(word).log10Probability, text, tables.backoff(word + 1)))
    }
    // (node of an order): its place among the n-grams of that order.
    var ranks = Array(0..<UInt32(wordCount))
    for order in 2..<max(2, order + 1) {
      try file.write("\n\\\(order)-grams:\n")
      let firstContext = layout.nodeEnds[order - 2]
      var entries: [(rank: UInt32, entry: Entry)] = []
      entries.reserveCapacity(ngramCounts[order - 1])
      forEachEntry(order: order) { entries.append((ranks[Int($0.context) - firstContext], $0)) }
      entries.sort { ($0.rank, $0.entry.word) < ($1.rank, $1.entry.word) }
      ranks = [UInt32](repeating: 0, count: layout.slotCounts[order - 2])
      for (rank, (_, entry)) in entries.enumerated() {
        let words = tables.words(of: entry.context) + [entry.word]
        let text = words.map { word(WordID(rawValue: $0)) }.joined(separator: " ")
        try file.write(line(entry.probability, text, entry.backoff))
        ranks[entry.slot] = UInt32(rank)
      }
    }
    try file.write("\n\\end\\\n")
    try file.commit()
  }

  private func line(_ probability: Float, _ words: String, _ backoff: Float) -> String {
    backoff == 0 ? "\(probability)\t\(words)\n" : "\(probability)\t\(words)\t\(backoff)\n"
  }
}
