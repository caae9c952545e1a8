/// Errors of the items whose quantity (confidence, duration, level, words a second) lies in a range.
public struct ErrorRateBin: Sendable, Hashable {
  /// The smallest and the largest quantity in it.
  public var range: ClosedRange<Double>
  /// Utterances, or words.
  public var count: Int
  public var errors: Int
  /// Reference tokens, or words of which each is right or wrong.
  public var total: Int

  /// nil without anything to err in.
  public var rate: Double? { total > 0 ? Double(errors) / Double(total) : nil }
}

extension ErrorRateBin {
  /// Bins of as many items as can be, from the smallest quantity up. Items of equal quantity share a bin, so that
  /// bins may be fewer and differ in size; items whose quantity is unknown (not finite) are in none.
  ///
  /// - Parameters:
  ///   - errors: of each item: an utterance's errors, or 1 for a wrong word and 0 for a right one.
  ///   - totals: of each item: an utterance's reference tokens, or 1 for a word.
  ///   - quantities: of each item.
  ///   - bins: the most bins, at least one.
  public static func quantiles(
    errors: [Int], totals: [Int], by quantities: [Double], bins: Int
  ) -> [ErrorRateBin] {
    precondition(
      errors.count == quantities.count && totals.count == quantities.count,
      "\(errors.count) errors, \(totals.count) totals and \(quantities.count) quantities")
    precondition(bins >= 1, "\(bins) bins")
    let order = quantities.indices.filter { quantities[$0].isFinite }
      .sorted { (quantities[$0], $0) < (quantities[$1], $1) }
    var result: [ErrorRateBin] = []
    var start = 0
    for bin in 1...bins {
      var end = max(start, order.count * bin / bins)
      guard end > start else { continue }
      while end < order.count, quantities[order[end]] == quantities[order[end - 1]] { end += 1 }
      let items = order[start..<end]
      result.append(
        ErrorRateBin(
          range: quantities[items.first!]...quantities[items.last!], count: items.count,
          errors: items.reduce(0) { $0 + errors[$1] }, total: items.reduce(0) { $0 + totals[$1] }))
      start = end
    }
    return result
  }
}
