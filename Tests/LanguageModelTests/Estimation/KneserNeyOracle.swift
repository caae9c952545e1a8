import Glibc
import LanguageModel

/// Interpolated modified Kneser-Ney straight from the formulas, in memory and double precision: the plain
/// form of `LanguageModelBuilder`.
struct KneserNeyOracle {
  typealias Gram = [String]

  let order: Int
  /// Of each order from 1 on.
  private(set) var probabilities: [[Gram: Double]] = []
  /// Of contexts in the model.
  private(set) var backoffs: [Gram: Double] = [:]
  private(set) var discounts: [(Double, Double, Double)] = []

  /// - Parameter thresholds: n-grams seen as often, or less often, are left out; 0 for none.
  init(
    _ sentences: [[String]], order: Int, thresholds: [Int], fallback: (Double, Double, Double)?,
    vocabulary: Set<String>? = nil
  ) {
    self.order = order
    // seen[n - 1]: how often each n-gram occurs between <s> and </s>.
    var seen = [[Gram: Int]](repeating: [:], count: order)
    for sentence in sentences {
      let words = ["<s>"] + sentence.map { vocabulary?.contains($0) == false ? "<unk>" : $0 } + ["</s>"]
      for n in 1...order where words.count >= n {
        for start in 0...words.count - n { seen[n - 1][Array(words[start..<start + n]), default: 0] += 1 }
      }
    }
    seen[0][["<s>"]] = nil
    for word in (vocabulary ?? []).union(["<unk>"]) { seen[0][[word], default: 0] += 0 }

    var lower: [Gram: Double] = [:]
    for n in 1...order {
      var adjusted: [Gram: Int] = [:]
      if n == order {
        adjusted = seen[n - 1]
      } else {
        for (gram, count) in seen[n - 1] where gram[0] == "<s>" || count == 0 { adjusted[gram] = count }
        for longer in seen[n].keys where longer[1] != "<s>" {
          adjusted[Array(longer.dropFirst()), default: 0] += 1
        }
      }
      let discount = Self.discounts(adjusted.values, fallback)
      discounts.append(discount)
      func d(_ count: Int) -> Double {
        count == 0 ? 0 : count == 1 ? discount.0 : count == 2 ? discount.1 : discount.2
      }
      func isKept(_ gram: Gram) -> Bool {
        thresholds[n - 1] == 0 || seen[n - 1][gram]! > thresholds[n - 1] || gram == ["</s>"]
          || gram == ["<unk>"]
      }
      var totals: [Gram: Double] = [:]
      var gammas: [Gram: Double] = [:]
      for (gram, count) in adjusted {
        let context = Array(gram.dropLast())
        totals[context, default: 0] += Double(count)
        gammas[context, default: 0] += isKept(gram) ? d(count) : Double(count)
      }
      let uniform = 1 / Double(adjusted.keys.filter(isKept).count)
      var these: [Gram: Double] = [:]
      for (gram, count) in adjusted where isKept(gram) {
        let context = Array(gram.dropLast())
        let below = n == 1 ? uniform : lower[Array(gram.dropFirst())]!
        these[gram] =
          (Double(count) - d(count)) / totals[context]! + gammas[context]! / totals[context]! * below
      }
      if n > 1 {
        for (context, gamma) in gammas where lower[context] != nil || context == ["<s>"] {
          backoffs[context] = gamma / totals[context]!
        }
      }
      probabilities.append(these)
      lower = these
    }
  }

  private static func discounts(_ counts: some Sequence<Int>, _ fallback: (Double, Double, Double)?)
    -> (Double, Double, Double)
  {
    let t = (0...4).map { count in Double(counts.filter { $0 == count }.count) }
    let y = t[1] / (t[1] + 2 * t[2])
    let values = (1...3).map { Double($0) - Double($0 + 1) * y * t[$0 + 1] / t[$0] }
    let isFit = (1...3).allSatisfy { t[$0] > 0 && values[$0 - 1] >= 0 && values[$0 - 1] <= Double($0) }
    return isFit ? (values[0], values[1], values[2]) : fallback!
  }
}
