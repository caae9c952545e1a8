#if canImport(Glibc)
import Glibc
#endif

/// Several models that are to be one (static linear interpolation, as SRILM's `-mix-lm`):
///
///     P(w | h) = sum over i of weight_i P_i(w | h)      for h w among the n-grams of any model
///
/// and back-offs that make every context sum to 1. A model gives a word that it does not have the probability
/// 0, and takes such a word in a context for `<unk>`.
public struct LanguageModelMixture: Sendable {
  private let models: [BackoffTables]
  /// All words of all models, and each model's number of each.
  private let words: TextVocabulary
  private let numbers: [[UInt32?]]
  /// Of each model; they sum to 1.
  public private(set) var weights: [Double]

  /// Reads models, to be weighted alike.
  /// - Parameter paths: ARPA files, plain or gzip'd, at least one.
  public init(paths: [String]) throws(LanguageModelError) {
    precondition(!paths.isEmpty, "a mixture of no models")
    var models: [BackoffTables] = []
    for path in paths { models.append(try BackoffTables(path: path)) }
    self.models = models
    weights = [Double](repeating: 1 / Double(paths.count), count: paths.count)
    (words, numbers) = Self.joined(models)
  }

  /// - Parameter weights: of each model, from 0 to 1; they sum to 1 up to rounding.
  public mutating func setWeights(_ weights: [Double]) {
    precondition(
      weights.count == models.count && weights.allSatisfy { $0 >= 0 }
        && abs(weights.reduce(0, +) - 1) < Self.tolerance,
      "weights \(weights) for \(models.count) models: expected one for each, with the sum 1")
    let sum = weights.reduce(0, +)
    self.weights = weights.map { $0 / sum }
  }

  /// How far from 1 the sum of weights may be: they are written with some digits.
  public static let tolerance = 1e-3

  /// Finds the weights that make a text most probable, and takes them: expectation maximisation (Dempster,
  /// Laird and Rubin 1977), from those that are set.
  ///
  ///     weight_i <- 1/N sum over words of weight_i P_i(w | h) / sum over j of weight_j P_j(w | h)
  ///
  /// - Parameters:
  ///   - text: one sentence a line, plain or gzip'd; none of what the models were built from.
  ///   - progress: told the perplexity before each step; it never rises. Words that no model has are not
  ///     counted.
  /// - Complexity: 8 bytes of memory for each word and model.
  public mutating func tune(
    _ text: String, shouldStop: @escaping () -> Bool = { false }, progress: (Double) -> Void = { _ in }
  ) throws(LanguageModelError) {
    let watch = EstimationWatch(shouldStop: shouldStop)
    let probabilities = try self.probabilities(text, watch)
    let count = probabilities.count / models.count
    guard count > 0 else {
      throw LanguageModelError(
        .missing, path: text, expected: "words", found: "none", remedy: "name a text with one sentence a line"
      )
    }
    var last = -Double.infinity
    for _ in 0..<Self.mostSteps {
      var shares = [Double](repeating: 0, count: models.count)
      var logLikelihood = 0.0
      for token in 0..<count {
        try watch.tick()
        let place = token * models.count
        var sum = 0.0
        for model in models.indices { sum += weights[model] * probabilities[place + model] }
        // A weight of 0 stays 0: a word of that model alone tells nothing about the others.
        guard sum > 0 else { continue }
        logLikelihood += log(sum)
        for model in models.indices { shares[model] += weights[model] * probabilities[place + model] / sum }
      }
      progress(exp(-logLikelihood / Double(count)))
      guard logLikelihood - last > Self.leastGain * Double(count) else { return }
      last = logLikelihood
      let total = shares.reduce(0, +)
      weights = shares.map { $0 / total }
    }
  }

  private static let mostSteps = 1000
  /// Of ln P a word: steps that gain less are not worth taking.
  private static let leastGain = 1e-9

  /// (words, models): P of each word and sentence end that some model has.
  private func probabilities(_ text: String, _ watch: EstimationWatch) throws(LanguageModelError) -> [Double]
  {
    let lines = try LineReader(path: text == "-" ? "/dev/stdin" : text)
    var result: [Double] = []
    var hasWords = false
    while let line = try lines.next() {
      try watch.tick()
      var sentence: [UInt32?] = []
      forEachWord(of: line) { sentence.append(words.number(of: $0)) }
      hasWords = hasWords || !sentence.isEmpty
      sentence.append(TextVocabulary.end)
      var contexts = models.map { $0.start }
      for word in sentence {
        if let word, word > 0 {
          for model in models.indices {
            result.append(
              numbers[model][Int(word)].map { exp(models[model].logProbability($0, after: contexts[model])) }
                ?? 0)
          }
        }
        for model in models.indices {
          contexts[model] = models[model].context(after: contexts[model], number(word ?? 0, in: model))
        }
      }
    }
    return hasWords ? result : []
  }

  /// A word of the mixture as a model has it in a context.
  private func number(_ word: UInt32, in model: Int) -> UInt32 { numbers[model][Int(word)] ?? 0 }

  /// Writes the model.
  /// - Parameters:
  ///   - out: an ARPA file, gzip'd if its name ends in `.gz`; it appears complete or not at all.
  ///   - shouldStop: asked now and then; the error is of kind `stopped` then.
  /// - Returns: the number of n-grams of each order.
  @discardableResult
  public func write(to out: String, shouldStop: @escaping () -> Bool = { false }) throws(LanguageModelError)
    -> [Int]
  {
    let watch = EstimationWatch(shouldStop: shouldStop)
    var tables = try mixed(watch)
    try tables.normalise(watch)
    try tables.write(to: out, watch)
    return tables.counts
  }

  private func mixed(_ watch: EstimationWatch) throws(LanguageModelError) -> BackoffTables {
    var result = BackoffTables(words: words)
    var places = [[UInt32]](repeating: [], count: models.count)
    // (context, model): where each model is behind a context of the mixture.
    var contexts = models.map { _ in BackoffTables.Context.empty }
    for length in 1...(models.map(\.order).max() ?? 1) {
      let keys = length == 1 ? (0..<UInt64(words.count)).map { $0 } : keys(length, places)
      var order = BackoffTables.Order()
      var next: [BackoffTables.Context] = []
      next.reserveCapacity(keys.count * models.count)
      for key in keys {
        try watch.tick()
        let (context, word) = (UInt32(truncatingIfNeeded: key >> 32), UInt32(truncatingIfNeeded: key))
        var probability = 0.0
        for model in models.indices {
          let behind = contexts[Int(context) * models.count + model]
          if let own = numbers[model][Int(word)] {
            probability += weights[model] * exp(models[model].logProbability(own, after: behind))
          }
          next.append(models[model].context(after: behind, number(word, in: model)))
        }
        order.words.append(word)
        order.contexts.append(length == 1 ? 0 : context)
        order.suffixes.append(suffix(result, length, context: context, word))
        order.logProbabilities.append(log(probability))
        order.logBackoffs.append(0)
      }
      result.append(order)
      places = models.indices.map { self.places($0, length, result, below: places) }
      contexts = next
    }
    return result
  }

  /// The n-grams of all models: place of the context in the mixture, and word.
  private func keys(_ length: Int, _ places: [[UInt32]]) -> [UInt64] {
    var keys: [UInt64] = []
    for (model, tables) in models.enumerated() where tables.order >= length {
      let mixtureWords = self.mixtureWords(model)
      let order = tables.orders[length - 1]
      for place in order.words.indices {
        keys.append(
          NgramTable.key(
            prefix: places[model][Int(order.contexts[place])], word: mixtureWords[Int(order.words[place])]))
      }
    }
    keys.sort()
    var distinct: [UInt64] = []
    for key in keys where distinct.last != key { distinct.append(key) }
    return distinct
  }

  private func suffix(_ tables: BackoffTables, _ length: Int, context: UInt32, _ word: UInt32) -> UInt32 {
    if length == 1 { return 0 }
    let below = tables.suffix(BackoffTables.Context(length: length - 1, place: Int(context)))
    guard let place = tables.place(below, word) else { preconditionFailure("an n-gram without its suffix") }
    return UInt32(place)
  }

  /// Where the n-grams of a model stand in the mixture.
  private func places(_ model: Int, _ length: Int, _ mixture: BackoffTables, below: [[UInt32]]) -> [UInt32] {
    guard models[model].order >= length else { return [] }
    let mixtureWords = self.mixtureWords(model)
    let order = models[model].orders[length - 1]
    return order.words.indices.map { place in
      let word = mixtureWords[Int(order.words[place])]
      if length == 1 { return word }
      let context = BackoffTables.Context(
        length: length - 1, place: Int(below[model][Int(order.contexts[place])]))
      guard let found = mixture.place(context, word) else {
        preconditionFailure("an n-gram that was left out")
      }
      return UInt32(found)
    }
  }

  /// The mixture's number of each word of a model.
  private func mixtureWords(_ model: Int) -> [UInt32] {
    var result = [UInt32](repeating: 0, count: models[model].words.count)
    for (word, number) in numbers[model].enumerated() { if let number { result[Int(number)] = UInt32(word) } }
    return result
  }

  private static func joined(_ models: [BackoffTables]) -> (TextVocabulary, [[UInt32?]]) {
    var words = TextVocabulary()
    for model in models {
      for word in 0..<UInt32(model.words.count) { model.words[word].withUnsafeBytes { _ = words.add($0) } }
    }
    let numbers = models.map { model in
      (0..<UInt32(words.count)).map { word in words[word].withUnsafeBytes { model.words.number(of: $0) } }
    }
    return (words, numbers)
  }
}
