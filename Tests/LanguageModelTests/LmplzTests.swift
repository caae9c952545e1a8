import Glibc
import LanguageModel
import TestSupport
import Testing

/// Against KenLM's lmplz: `scripts/goldens/lmplz.py`.
@Suite struct `Building a language model beside lmplz` {
  let directory = TemporaryDirectory()

  static let models: [(name: String, order: Int, pruning: [UInt64])] = [
    ("order1", 1, []), ("order3", 3, []), ("order3-pruned", 3, [0, 0, 1]), ("order5-pruned", 5, [0, 1, 2]),
    ("order2-words", 2, [1, 1]),
  ]

  /// lmplz computes in single precision: an n-gram of order n is the result of up to 4 n + 4 operations, each
  /// within half of 2^-23, and is written to seven digits of its logarithm, which is below 10.
  @Test(arguments: models)
  func `n-grams and their numbers are the same`(name: String, order: Int, pruning: [UInt64]) throws {
    let golden = WrittenModel(path: TestSupport.golden("lmplz/\(name).arpa.gz"))
    var builder = LanguageModelBuilder(order: order)
    builder.pruning = pruning
    builder.fallback = .fallback
    _ = try builder.build(texts: [TestSupport.golden("lmplz/text.txt")], out: directory.file("out"))
    let model = WrittenModel(path: directory.file("out"))
    #expect(model.header == golden.header)
    let tolerance = Double(4 * order + 4) * 0x1p-24 / log(10) + 1e-6
    for n in 1...order {
      #expect(model.orders[n - 1].keys == golden.orders[n - 1].keys)
      for (gram, entry) in golden.orders[n - 1] {
        guard let ours = model.orders[n - 1][gram] else { continue }
        if gram != ["<s>"] {
          #expect(abs(ours.log10Probability - entry.log10Probability) < tolerance, "\(gram)")
        }
        #expect(abs((ours.log10Backoff ?? 0) - (entry.log10Backoff ?? 0)) < tolerance, "\(gram)")
      }
    }
  }
}
