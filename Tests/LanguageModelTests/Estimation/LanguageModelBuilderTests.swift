import Glibc
import LanguageModel
import TestSupport
import Testing

/// Half a unit of the last digit of an ARPA file, 1e-7, in log10, and as much for the test's own way there.
private let digit = 1e-7

@Suite struct `Building a language model` {
  let directory = TemporaryDirectory()

  func build(_ text: String, _ builder: LanguageModelBuilder, as name: String = "out.arpa") throws
    -> WrittenModel
  {
    _ = try builder.build(texts: [directory.write(text, as: "text")], out: directory.file(name))
    return WrittenModel(path: directory.file(name))
  }

  /// Probabilities of n-grams, and their back-offs where there are any.
  func expect(
    _ model: WrittenModel, _ grams: [String: (Double, Double?)], _ comment: Comment? = nil,
    location: SourceLocation = #_sourceLocation
  ) {
    for (gram, (probability, backoff)) in grams {
      let words = gram.split(separator: " ").map(String.init)
      guard let entry = model.orders[words.count - 1][words] else {
        Issue.record("no \(gram)", sourceLocation: location)
        continue
      }
      #expect(abs(entry.log10Probability - log10(probability)) < digit, "\(gram)", sourceLocation: location)
      #expect((entry.log10Backoff == nil) == (backoff == nil), "\(gram)", sourceLocation: location)
      if let backoff, let written = entry.log10Backoff {
        #expect(abs(written - log10(backoff)) < digit, "\(gram)", sourceLocation: location)
      }
    }
  }

  let three = "a b\na b\na c\n"

  /// Adjusted counts of words: a 1 (behind <s>), b 1, c 1, </s> 2 (behind b and c), 5 in all. None is 3, so
  /// the discounts are the fallback, 0.5, 1, 1.5: gamma = (3 * 0.5 + 1) / 5 = 0.5, and the uniform
  /// distribution over 5 words gives 0.1 to each.
  ///
  /// Bigrams: <s> a 3, a b 2, a c 1, b </s> 2, c </s> 1, so t = 2, 2, 1, 0: Y = 2 / 6, D1 = 1 - 2/3 = 1/3,
  /// D2 = 2 - 3 * 1/3 * 1/2 = 3/2, D3+ = 3. Behind a, gamma = (3/2 + 1/3) / 3 = 11/18.
  @Test func `A bigram model is what one computes on paper`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    let model = try build(three, builder)
    #expect(model.header == [6, 5])
    expect(
      model,
      [
        "<unk>": (0.1, nil), "</s>": (0.3, nil), "a": (0.2, 11.0 / 18), "b": (0.2, 0.75), "c": (0.2, 1.0 / 3),
        "<s> a": (0.2, nil), "a b": (0.5 / 3 + 11.0 / 90, nil), "a c": (2.0 / 9 + 11.0 / 90, nil),
        "b </s>": (0.25 + 0.75 * 0.3, nil), "c </s>": (2.0 / 3 + 0.1, nil),
      ])
    #expect(model.orders[0][["<s>"]] == .init(log10Probability: -99, log10Backoff: 0))
  }

  /// The adjusted counts of bigrams are 1 (each stands behind one word), but 3 of "<s> a"; those of trigrams
  /// 2, 1, 2, 1: the discounts of all orders are the fallback.
  @Test func `A trigram model is what one computes on paper`() throws {
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    let model = try build(three, builder)
    #expect(model.header == [6, 5, 4])
    expect(
      model,
      [
        "<s> a": (0.6, 0.5), "a b": (0.35, 0.5), "a c": (0.35, 0.5), "b </s>": (0.65, nil),
        "<s> a b": (1.0 / 3 + 0.175, nil), "<s> a c": (0.5 / 3 + 0.175, nil), "a b </s>": (0.825, nil),
        "a c </s>": (0.825, nil),
      ])
  }

  /// "a c" and "c </s>" go, and the discounts stay: behind a 1 of 3 is pruned and 3/2 discounted, behind c
  /// everything is pruned.
  @Test func `What pruning takes goes to the back-off`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    builder.pruning = [0, 1]
    let model = try build(three, builder)
    #expect(model.header == [6, 3])
    expect(
      model,
      ["a": (0.2, 2.5 / 3), "c": (0.2, 1), "a b": (0.5 / 3 + 0.5 / 3, nil), "b </s>": (0.475, nil)])
    #expect(model.normalisationError < 1e-6)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `It is the plain form's model, and contexts sum to 1`(order: Int) throws {
    let sentences = randomSentences(600, seed: UInt64(order))
    for thresholds in [[0, 0, 0, 0, 0], [0, 0, 1, 1, 2], [1, 1, 1, 1, 1]] {
      var builder = LanguageModelBuilder(order: order)
      builder.fallback = .fallback
      builder.pruning = thresholds.prefix(order).map { UInt64($0) }
      let model = try build(text(sentences), builder)
      let oracle = KneserNeyOracle(sentences, order: order, thresholds: thresholds, fallback: (0.5, 1, 1.5))
      #expect(model.order == order)
      for n in 1...order {
        var written = model.orders[n - 1]
        if n == 1 { written[["<s>"]] = nil }
        #expect(written.count == oracle.probabilities[n - 1].count)
        for (gram, probability) in oracle.probabilities[n - 1] {
          let entry = try #require(written[gram], "\(gram)")
          #expect(abs(entry.log10Probability - log10(probability)) < digit, "\(gram)")
          #expect((entry.log10Backoff == nil) == (oracle.backoffs[gram] == nil), "\(gram)")
          if let backoff = entry.log10Backoff, let expected = oracle.backoffs[gram] {
            #expect(abs(backoff - log10(expected)) < digit, "\(gram)")
          }
        }
      }
      // Each of up to 32 words has an error of 2.3 * digit of itself.
      #expect(model.normalisationError < 1e-6)
    }
  }

  @Test func `Blocks of any size give the same bytes`() throws {
    let sentences = randomSentences(6000, words: 200, seed: 5)
    let path = directory.write(text(sentences), as: "text")
    var builder = LanguageModelBuilder(order: 4)
    builder.pruning = [0, 0, 1]
    builder.fallback = .fallback
    let report = try builder.build(texts: [path], out: directory.file("one"))
    #expect(report.sentences == 6000 && report.tokens == sentences.map(\.count).reduce(0, +))
    // About 1,000 n-grams a block: tens of blocks, merged two at a time.
    builder.memory = LanguageModelBuilder.leastMemory
    #expect(try builder.build(texts: [path], out: directory.file("many")) == report)
    #expect(contents(of: directory.file("one")) == contents(of: directory.file("many")))
    #expect(directory.names == ["many", "one", "text"])
  }

  @Test func `Several texts, gzip'd or not, are one`() throws {
    let sentences = randomSentences(500, seed: 6)
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    _ = try build(text(sentences), builder, as: "one")
    let first = directory.write(gzip(text(Array(sentences[..<200])).utf8), as: "first.gz")
    // CR LF and tabs are white space.
    let rest = sentences[200...].map { "  " + $0.joined(separator: "\t ") + "\t\r\n" }.joined()
    let second = directory.write(rest, as: "second")
    _ = try builder.build(texts: [first, second], out: directory.file("two"))
    #expect(contents(of: directory.file("one")) == contents(of: directory.file("two")))
  }

  /// As lmplz has it, and `lm score`.
  @Test func `An empty line is an empty sentence`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    let model = try build("a\n \n\na\n\n", builder)
    #expect(model.orders[1].keys.contains(["<s>", "</s>"]))
    let oracle = KneserNeyOracle(
      [["a"], [], [], ["a"], []], order: 2, thresholds: [0, 0], fallback: (0.5, 1, 1.5))
    #expect(
      abs(model.probability("</s>", after: ["<s>"]) - oracle.probabilities[1][["<s>", "</s>"]]!) < 1e-6)
  }

  @Test func `A name that ends in gz is compressed`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    let plain = try build(text(randomSentences(3000, seed: 7)), builder)
    let packed = try build(text(randomSentences(3000, seed: 7)), builder, as: "out.arpa.gz")
    #expect(plain.orders == packed.orders)
    #expect(contents(of: directory.file("out.arpa.gz")).starts(with: [0x1F, 0x8B]))
  }

  @Test func `Characters are words, and white space is |`() throws {
    var builder = LanguageModelBuilder(order: 2)
    builder.fallback = .fallback
    builder.isOfCharacters = true
    _ = try build(" \u{e4}b  \u{e4}\nb\n", builder, as: "characters")
    builder.isOfCharacters = false
    _ = try build("\u{e4} b | \u{e4}\nb\n", builder, as: "words")
    #expect(contents(of: directory.file("characters")) == contents(of: directory.file("words")))
  }

  @Test func `With a vocabulary other words are unknown, and its words are all there`() throws {
    let sentences = randomSentences(400, seed: 8)
    let known = (0..<12).map { "w\($0)" } + ["never"]
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    builder.vocabulary = directory.write(known.joined(separator: "\n") + " w1\n", as: "vocabulary")
    let model = try build(text(sentences), builder)
    let oracle = KneserNeyOracle(
      sentences, order: 3, thresholds: [0, 0, 0], fallback: (0.5, 1, 1.5), vocabulary: Set(known))
    #expect(model.words == (known + ["<unk>", "</s>"]).sorted())
    for n in 1...3 {
      for (gram, probability) in oracle.probabilities[n - 1] {
        let entry = try #require(model.orders[n - 1][gram], "\(gram)")
        #expect(abs(entry.log10Probability - log10(probability)) < digit, "\(gram)")
      }
    }
    #expect(model.orders[1].keys.contains { $0[0] == "<unk>" })
    #expect(model.normalisationError < 1e-6)
  }

  @Test func `The model can be read, and scores as written`() throws {
    let sentences = randomSentences(800, seed: 9)
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    let written = try build(text(Array(sentences[..<600])), builder)
    let model = try openLanguageModel(directory.file("out.arpa"))
    var score = TextScore()
    for sentence in sentences[600...] { score += model.score(sentence: sentence.joined(separator: " ")) }
    let perplexity = try #require(score.perplexity)
    // Sums of single-precision logarithms.
    #expect(abs(perplexity / written.perplexity(Array(sentences[600...])) - 1) < 1e-5)
  }
}
