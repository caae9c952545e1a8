/// The n-grams of an ARPA file, checked and linked: every n-gram has its context (the first n - 1 words) and
/// its suffix (the last n - 1 words) in the order below.
///
/// A context that is missing is refused, as KenLM refuses it. A suffix that is missing (pruned away by SRILM)
/// is added with the probability that backing off gives it, P(w | h) = backoff(h) P(w | shorter h), as KenLM
/// does: no score changes by it.
struct NgramCollection {
  private(set) var vocabulary = VocabularyBuilder()
  /// By order, from unigrams on.
  private(set) var orders: [NgramTable]
  /// Words of the context that was looked up last, and its number: files are mostly sorted.
  private var lastContext: [UInt32] = []
  private var lastContextNumber: UInt32 = 0

  var order: Int { orders.count }

  /// log10 P(`<unk>`) of a model without `<unk>`, as KenLM's.
  static let missingUnknownProbability: Float = -100

  init(_ lines: LineReader) throws(LanguageModelError) {
    var reader = try ARPAReader(lines)
    orders = [NgramTable](repeating: NgramTable(), count: reader.counts.count)
    try readUnigrams(&reader, lines)
    for order in orders.indices.dropFirst() {
      var words = [UInt32](repeating: 0, count: order + 1)
      lastContext = []
      try reader.readSection(order: order + 1) {
        (probability, text, backoff) throws(LanguageModelError) in
        for (index, word) in text.enumerated() {
          guard let id = vocabulary.id(of: word) else {
            throw lines.error(
              .missing, expected: "words that have 1-grams", found: shown(word),
              remedy: "add it to the 1-grams or remove the line")
          }
          words[index] = id
        }
        try insert(words, probability: probability, backoff: backoff, lines)
      }
    }
    try reader.finish()
    for order in orders.indices { orders[order].dropIndex() }
  }

  private mutating func readUnigrams(
    _ reader: inout ARPAReader, _ lines: LineReader
  ) throws(LanguageModelError) {
    // `<unk>` is word 0 wherever it stands, and if it stands nowhere.
    var hasUnknown = false
    _ = orders[0].append(Self.unigram(0, Self.missingUnknownProbability, 0))
    try reader.readSection(order: 1) { (probability, words, backoff) throws(LanguageModelError) in
      let word = words[words.startIndex]
      if VocabularyBuilder.isUnknown(word) {
        guard !hasUnknown else { throw Self.duplicate("1-gram", shown(word), lines) }
        hasUnknown = true
        orders[0].setBackoff(0, probability: probability, backoff: backoff)
        return
      }
      guard let id = try vocabulary.insert(word, lines) else {
        throw Self.duplicate("1-gram", shown(word), lines)
      }
      _ = orders[0].append(Self.unigram(id, probability, backoff))
    }
    for marker in ["<s>", "</s>"] where vocabulary.id(of: marker) == nil {
      throw lines.error(
        .missing, expected: "1-grams of <s> and </s>", found: "no \(marker) in the section above",
        remedy: "add it")
    }
  }

  private static func unigram(_ word: UInt32, _ probability: Float, _ backoff: Float) -> NgramTable.Entry {
    NgramTable.Entry(key: UInt64(word), probability: probability, backoff: backoff, suffix: 0)
  }

  private static func duplicate(_ what: String, _ text: String, _ lines: LineReader) -> LanguageModelError {
    lines.error(
      .duplicate, expected: "each \(what) once", found: "\(text) again", remedy: "remove one of the lines")
  }

  private mutating func insert(
    _ words: [UInt32], probability: Float, backoff: Float, _ lines: LineReader
  ) throws(LanguageModelError) {
    let order = words.count - 1
    guard let context = context(of: words) else {
      throw lines.error(
        .missing, expected: "the context of every n-gram among those of order \(order)",
        found: "no '\(words.dropLast().map { vocabulary.text($0) }.joined(separator: " "))'",
        remedy: "add it with its probability, or remove the line")
    }
    let key = NgramTable.key(prefix: context, word: words[order])
    guard orders[order].number(key) == nil else {
      let text = words.map { vocabulary.text($0) }.joined(separator: " ")
      throw Self.duplicate("\(order + 1)-gram", "'\(text)'", lines)
    }
    let suffix = suffix(order, context: context, word: words[order])
    orders[order - 1].markContext(context)
    _ = orders[order].append(
      NgramTable.Entry(key: key, probability: probability, backoff: backoff, suffix: suffix))
  }

  /// The number of all words but the last one, in the order below.
  private mutating func context(of words: [UInt32]) -> UInt32? {
    if lastContext.elementsEqual(words.dropLast()) { return lastContextNumber }
    var number = words[0]
    for index in 1..<max(1, words.count - 1) {
      guard let next = orders[index].number(NgramTable.key(prefix: number, word: words[index])) else {
        return nil
      }
      number = next
    }
    lastContext = Array(words.dropLast())
    lastContextNumber = number
    return number
  }

  /// The number, in the order below index `order`, of the suffix of an n-gram that ends in `word`; added if
  /// it is not there.
  private mutating func suffix(_ order: Int, context: UInt32, word: UInt32) -> UInt32 {
    if order == 1 { return word }
    let below = orders[order - 1].entries[Int(context)].suffix
    let key = NgramTable.key(prefix: below, word: word)
    if let number = orders[order - 1].number(key) { return number }
    let suffix = suffix(order - 1, context: below, word: word)
    let probability =
      orders[order - 2].entries[Int(below)].backoff + orders[order - 2].entries[Int(suffix)].probability
    orders[order - 2].markContext(below)
    return orders[order - 1].append(
      NgramTable.Entry(key: key, probability: probability, backoff: 0, suffix: suffix))
  }
}
