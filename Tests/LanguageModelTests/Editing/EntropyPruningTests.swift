import Glibc
import LanguageModel
import TestSupport
import Testing

@Suite struct `Pruning a language model` {
  let directory = TemporaryDirectory()

  /// A trigram model of 30 words.
  func model() throws -> WrittenModel {
    var builder = LanguageModelBuilder(order: 3)
    builder.fallback = .fallback
    let path = directory.write(text(randomSentences(700, seed: 11)), as: "text")
    _ = try builder.build(texts: [path], out: directory.file("in"))
    return WrittenModel(path: directory.file("in"))
  }

  func prune(_ threshold: Double) throws -> (WrittenModel, EntropyPruning.Report) {
    let report = try EntropyPruning(threshold: threshold).prune(
      directory.file("in"), to: directory.file("out"))
    return (WrittenModel(path: directory.file("out")), report)
  }

  @Test func `At 0 nothing goes but what changes nothing, and probabilities stay`() throws {
    let whole = try model()
    let (pruned, report) = try prune(0)
    #expect(report.before == whole.header && report.after == whole.header && pruned.header == whole.header)
    for n in 0..<3 {
      for (gram, entry) in whole.orders[n] {
        let other = try #require(pruned.orders[n][gram])
        // Read as a 32-bit float, written with seven digits.
        #expect(
          abs(other.log10Probability - entry.log10Probability) < 2e-7 * max(1, abs(entry.log10Probability)))
        // 1 - a sum of 32 numbers, each off by 2e-7 of itself, over the same.
        #expect(abs((other.log10Backoff ?? 0) - (entry.log10Backoff ?? 0)) < 1e-4)
      }
    }
  }

  @Test(arguments: [1e-5, 1e-4, 1e-3, 1])
  func `Contexts sum to 1, contexts of what stays stay, and kept n-grams keep their probability`(
    threshold: Double
  ) throws {
    let whole = try model()
    let (pruned, report) = try prune(threshold)
    #expect(report.after == pruned.header && report.before == whole.header)
    #expect(pruned.header == pruned.orders.map(\.count))
    #expect(pruned.header[2] < whole.header[2] && pruned.header[0] == whole.header[0])
    #expect(pruned.normalisationError < 1e-6)
    for n in 1..<3 {
      for (gram, entry) in pruned.orders[n] {
        #expect(pruned.orders[n - 1][Array(gram.dropLast())]?.log10Backoff != nil, "\(gram)")
        let before = try #require(whole.orders[n][gram]).log10Probability
        #expect(abs(entry.log10Probability - before) < 1e-6)
      }
    }
    if threshold == 1 { #expect(pruned.header[1] == 0 && pruned.header[2] == 0) }
  }

  /// The definition: D = P(h) sum over all words of p(w | h) ln (p(w | h) / p'(w | h)), p' without one
  /// trigram and with the back-off that makes it sum to 1; e^D - 1 against the threshold.
  @Test func `What goes is what the definition says`() throws {
    let whole = try model()
    let threshold = 2e-5
    let (pruned, _) = try prune(threshold)
    var (kept, gone) = (0, 0)
    for context in Set(whole.orders[2].keys.map { Array($0.dropLast()) }) {
      let grams = whole.orders[2].keys.filter { Array($0.dropLast()) == context }
      let p = Dictionary(
        uniqueKeysWithValues: whole.words.map { ($0, whole.probability($0, after: context)) })
      let lower = Dictionary(
        uniqueKeysWithValues: whole.words.map { ($0, whole.probability($0, after: [context[1]])) })
      let first = context[0] == "<s>" ? 1 : whole.probability(context[0], after: [])
      let weight = first * whole.probability(context[1], after: [context[0]])
      for gram in grams {
        let left = Set(grams.filter { $0 != gram }.map { $0[2] })
        let backoff =
          (1 - left.map { p[$0]! }.reduce(0, +)) / (1 - left.map { lower[$0]! }.reduce(0, +))
        var divergence = 0.0
        for word in whole.words {
          let without = left.contains(word) ? p[word]! : backoff * lower[word]!
          divergence += weight * p[word]! * log(p[word]! / without)
        }
        let change = exp(divergence) - 1
        // So near the threshold rounding decides.
        if abs(change / threshold - 1) < 1e-3 { continue }
        #expect((pruned.orders[2][gram] == nil) == (change < threshold), "\(gram) \(change)")
        if change < threshold { gone += 1 } else { kept += 1 }
      }
    }
    #expect(kept > 100 && gone > 100)
  }

  @Test func `It is stopped, and input it cannot use is refused, with nothing written`() throws {
    _ = try model()
    let pruning = EntropyPruning(threshold: 1e-6)
    func kind(_ path: String, shouldStop: @escaping () -> Bool = { false }) -> LanguageModelError.Kind? {
      do throws(LanguageModelError) {
        _ = try pruning.prune(path, to: directory.file("out"), shouldStop: shouldStop)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind(directory.file("in"), shouldStop: { true }) == .stopped)
    #expect(kind(directory.file("absent")) == .unreadable)
    #expect(kind(directory.write("text\n", as: "text")) == .unsupportedFormat)
    try openLanguageModel(directory.file("in")).write(to: directory.file("binary"))
    #expect(kind(directory.file("binary")) == .unsupportedFormat)
    #expect(directory.names == ["binary", "in", "text"])
  }
}
