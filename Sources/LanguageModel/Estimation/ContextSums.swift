/// What the n-grams w_1 ... w_n with the same context h = w_1 ... w_{n-1} have in common:
///
///     denominator(h) = sum over w of a(h w)
///     gamma(h)       = (sum over kept w of D_n(a(h w)) + sum over pruned w of a(h w)) / denominator(h)
///
/// gamma(h) is what interpolation gives to the lower order, and so the back-off of h: what was discounted,
/// and all of what was pruned (as lmplz has it), so that probabilities go on summing to 1.
struct ContextSums {
  private var denominator: UInt64 = 0
  private var pruned: UInt64 = 0
  /// Kept n-grams with a count of 1, of 2, and of 3 or more.
  private var ones = 0
  private var twos = 0
  private var more = 0

  mutating func add(_ count: AdjustedCounts.Count) {
    denominator += count.adjusted
    if count.isPruned {
      pruned += count.adjusted
    } else if count.adjusted == 1 {
      ones += 1
    } else if count.adjusted == 2 {
      twos += 1
    } else if count.adjusted > 2 {
      more += 1
    }
  }

  var total: Double { Double(denominator) }

  func gamma(_ discounts: KneserNeyDiscounts) -> Double {
    let discounted =
      discounts.one * Double(ones) + discounts.two * Double(twos) + discounts.more * Double(more)
    return (discounted + Double(pruned)) / Double(denominator)
  }
}
