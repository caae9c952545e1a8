#if canImport(Glibc)
import Glibc
#endif

/// How evenly classes are used, from how often each came: exp(entropy), the perplexity, which is the number
/// of classes where all come equally often, and 1 where there is but one.
struct CodeUsage {
  /// In nats: what predicting each class by its frequency costs a frame.
  let entropy: Double

  init(_ counts: [Int]) {
    let total = Double(counts.reduce(0, +))
    entropy = counts.reduce(0) { sum, count in
      count == 0 ? sum : sum - Double(count) / total * log(Double(count) / total)
    }
  }

  var perplexity: Double { exp(entropy) }
}
