import Glibc
import LanguageModel
import TestSupport
import Testing

@Suite struct `Interpolating language models` {
  let directory = TemporaryDirectory()

  /// Sentences of two kinds, with words of their own and words in common.
  static let first = randomSentences(500, words: 25, seed: 21)
  static let second = randomSentences(400, words: 40, seed: 22).map { $0.map { $0 == "w3" ? "own" : $0 } }

  func model(_ sentences: [[String]], order: Int, as name: String) throws -> WrittenModel {
    var builder = LanguageModelBuilder(order: order)
    builder.fallback = .fallback
    _ = try builder.build(texts: [directory.write(text(sentences), as: "text")], out: directory.file(name))
    return WrittenModel(path: directory.file(name))
  }

  func mixture(_ weights: [Double]) throws -> (WrittenModel, [WrittenModel]) {
    let parts = [try model(Self.first, order: 3, as: "a"), try model(Self.second, order: 2, as: "b")]
    var mixture = try LanguageModelMixture(paths: [directory.file("a"), directory.file("b")])
    mixture.setWeights(weights)
    let counts = try mixture.write(to: directory.file("out"))
    let written = WrittenModel(path: directory.file("out"))
    #expect(counts == written.header && counts == written.orders.map(\.count))
    return (written, parts)
  }

  /// What a model says of a word in a context, both as it knows them.
  func probability(_ word: String, after context: [String], in model: WrittenModel) -> Double {
    guard model.orders[0][[word]] != nil else { return 0 }
    return model.probability(word, after: context.map { model.orders[0][[$0]] == nil ? "<unk>" : $0 })
  }

  @Test func `n-grams of any model have the weighted mean, and contexts sum to 1`() throws {
    let (mixed, parts) = try mixture([0.3, 0.7])
    for n in 0..<3 {
      let union = parts.reduce(into: Set<[String]>()) { union, part in
        if n < part.order { union.formUnion(part.orders[n].keys) }
      }
      #expect(Set(mixed.orders[n].keys) == union)
      for (gram, entry) in mixed.orders[n] where gram != ["<s>"] {
        let (context, word) = (Array(gram.dropLast()), gram[n])
        let expected =
          0.3 * probability(word, after: context, in: parts[0]) + 0.7
          * probability(word, after: context, in: parts[1])
        // Numbers of seven digits, read as 32-bit floats, up to three of them.
        #expect(abs(entry.log10Probability - log10(expected)) < 1e-6, "\(gram)")
      }
    }
    #expect(mixed.normalisationError < 1e-6)
  }

  @Test func `With all the weight one model is left`() throws {
    let (mixed, parts) = try mixture([1, 0])
    let held = randomSentences(100, words: 25, seed: 23)
    #expect(abs(mixed.perplexity(held) / parts[0].perplexity(held) - 1) < 1e-5)
  }

  @Test func `Tuning never raises the perplexity, and finds the weights of a mixed text`() throws {
    _ = try mixture([0.5, 0.5])
    let sentences = randomSentences(300, words: 25, seed: 24)
    let path = directory.write(text(sentences), as: "held")
    var mixture = try LanguageModelMixture(paths: [directory.file("a"), directory.file("b")])
    var perplexities: [Double] = []
    try mixture.tune(path, progress: { perplexities.append($0) })
    #expect(perplexities.count > 2)
    for (before, after) in zip(perplexities, perplexities.dropFirst()) {
      #expect(after <= before * (1 + 1e-12))
    }
    // A text of the first kind, whose model knows what stands behind what.
    #expect(mixture.weights[0] > 0.7 && abs(mixture.weights.reduce(0, +) - 1) < 1e-12)
    // No other weights are better.
    let best = try #require(perplexities.last)
    for weight in stride(from: 0.05, to: 1, by: 0.1) {
      var other = try LanguageModelMixture(paths: [directory.file("a"), directory.file("b")])
      other.setWeights([weight, 1 - weight])
      var first: Double?
      try other.tune(path, progress: { first = first ?? $0 })
      #expect(try #require(first) >= best * (1 - 1e-9))
    }
  }

  @Test func `The perplexity of tuning is that of the parts' weighted mean`() throws {
    let (_, parts) = try mixture([0.5, 0.5])
    let sentences = [["w1", "own", "w2"], [], ["nowhere", "w4", "w30"]]
    var mixture = try LanguageModelMixture(paths: [directory.file("a"), directory.file("b")])
    var first: Double?
    try mixture.tune(directory.write(text(sentences), as: "held"), progress: { first = first ?? $0 })
    var (sum, count) = (0.0, 0.0)
    for sentence in sentences {
      var context = ["<s>"]
      for word in sentence + ["</s>"] {
        let p = parts.map { probability(word, after: context, in: $0) }.reduce(0, +) / 2
        // A word that neither has is not counted, and stands in contexts.
        if word != "nowhere" { (sum, count) = (sum + log(p), count + 1) }
        context.append(word)
      }
    }
    #expect(abs(try #require(first) / exp(-sum / count) - 1) < 1e-6)
  }

  @Test func `It is stopped, and texts and models it cannot use are refused, with nothing written`() throws {
    _ = try model(Self.first, order: 2, as: "a")
    var mixture = try LanguageModelMixture(paths: [directory.file("a"), directory.file("a")])
    func kind(_ work: () throws(LanguageModelError) -> Void) -> LanguageModelError.Kind? {
      do throws(LanguageModelError) {
        try work()
        return nil
      } catch {
        return error.kind
      }
    }
    let empty = directory.write("\n \n", as: "empty")
    #expect(kind { () throws(LanguageModelError) in try mixture.tune(empty) } == .missing)
    #expect(
      kind { () throws(LanguageModelError) in try mixture.tune(directory.file("absent")) } == .unreadable)
    #expect(
      kind { () throws(LanguageModelError) in
        _ = try LanguageModelMixture(paths: [directory.file("a"), empty])
      } == .unsupportedFormat)
    var asked = false
    #expect(
      kind { () throws(LanguageModelError) in
        try mixture.write(
          to: directory.file("out"),
          shouldStop: {
            asked = true
            return true
          })
      } == (asked ? .stopped : nil))
    #expect(
      kind { () throws(LanguageModelError) in
        try mixture.write(to: directory.file("no/out"))
      } == .unwritable)
  }
}
