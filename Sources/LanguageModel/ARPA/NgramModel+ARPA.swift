extension NgramModel {
  /// Writes the model as an ARPA file: n-grams in the order of their contexts and words, numbers with as many
  /// digits as tell them apart. Reading it gives the same scores.
  ///
  /// - Complexity: 12 bytes of memory for each n-gram of one order beside the model.
  public func writeARPA(to path: String) throws(LanguageModelError) {
    var file = try AtomicWriter(path: path)
    try file.write("\\data\\\n")
    for (index, count) in ngramCounts.enumerated() { try file.write("ngram \(index + 1)=\(count)\n") }
    try file.write("\n\\1-grams:\n")
    for word in 0..<wordCount {
      let (probability, next) = tables.unigram(UInt32(word))
      try file.write("\(probability)\t\(self.word(WordID(rawValue: UInt32(word))))")
      try writeBackoff(next, order: 1, isOwn: spelled(next, order: 1) , to: &file)
    }
    let contexts = ContextWords(self)
    for order in 1..<max(1, order) {
      try file.write("\n\\\(order + 1)-grams:\n")
      var entries: [Entry] = []
      entries.reserveCapacity(ngramCounts[order])
      forEachEntry { if layout.order(ofState: Int($0.context)) == order { entries.append($0) } }
      entries.sort { $0.key < $1.key }
      for entry in entries {
        let words = contexts.words(of: entry.context) + [entry.word]
        let text = words.map { word(WordID(rawValue: $0)) }.joined(separator: " ")
        try file.write("\(entry.probability)\t\(text)")
        try writeBackoff(entry.next, order: order + 1, isOwn: spelled(entry.next, order: order + 1), to: &file)
      }
    }
    try file.write("\n\\end\\\n")
    try file.commit()
  }

  /// Whether the state behind an n-gram of so many words is the n-gram itself.
  private func spelled(_ state: UInt32, order: Int) -> Bool {
    order < self.order && layout.order(ofState: Int(state)) == order
  }

  private func writeBackoff(
    _ state: UInt32, order: Int, isOwn: Bool, to file: inout AtomicWriter
  ) throws(LanguageModelError) {
    let backoff = isOwn ? tables.backoff(state) : 0
    try file.write(backoff == 0 ? "\n" : "\t\(backoff)\n")
  }
}

/// The words of states, which the tables hold only as a way through them.
private struct ContextWords {
  /// (state): the state of all words but the last one, in the upper half; the last word.
  private var steps: [UInt64]

  init(_ model: NgramModel) {
    var steps = [UInt64](repeating: 0, count: model.states)
    for word in 0..<model.wordCount {
      let next = Int(model.tables.unigram(UInt32(word)).next)
      if next < steps.count, model.layout.order(ofState: next) == 1 { steps[next] = UInt64(word) }
    }
    model.forEachEntry { entry in
      let next = Int(entry.next)
      guard next < steps.count else { return }
      let order = model.layout.order(ofState: Int(entry.context))
      if order + 1 < model.order, model.layout.order(ofState: next) == order + 1 { steps[next] = entry.key }
    }
    self.steps = steps
  }

  /// The words of a state, the first one first.
  func words(of state: UInt32) -> [UInt32] {
    var words: [UInt32] = []
    var state = Int(state)
    while state > 0, state < steps.count {
      words.append(UInt32(truncatingIfNeeded: steps[state]))
      state = min(Int(steps[state] >> 32), state - 1)
    }
    return words.reversed()
  }
}
