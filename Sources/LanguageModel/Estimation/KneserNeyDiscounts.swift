/// What modified Kneser-Ney smoothing takes off a count (Chen and Goodman 1998, eq. 26): D1 off a count of 1,
/// D2 off 2, and D3+ off larger ones.
public struct KneserNeyDiscounts: Sendable, Hashable {
  public var one: Double
  public var two: Double
  public var more: Double

  /// - Precondition: 0 <= `one` <= 1, 0 <= `two` <= 2, 0 <= `more` <= 3.
  public init(one: Double, two: Double, more: Double) {
    precondition(
      (0...1).contains(one) && (0...2).contains(two) && (0...3).contains(more),
      "discounts \(one), \(two), \(more) of counts 1, 2, 3")
    (self.one, self.two, self.more) = (one, two, more)
  }

  /// What lmplz falls back to: for counts that no text has, of classes for example.
  public static let fallback = KneserNeyDiscounts(one: 0.5, two: 1, more: 1.5)

  func callAsFunction(_ count: UInt64) -> Double {
    switch count {
    case 0: 0
    case 1: one
    case 2: two
    default: more
    }
  }

  /// Estimated of the n-grams of an order:
  ///
  ///     Y = t_1 / (t_1 + 2 t_2),  D_k = k - (k + 1) Y t_{k+1} / t_k,  k = 1, 2, 3
  ///
  /// with t_k the number of n-grams whose adjusted count is k.
  init(countsOfCounts t: CountsOfCounts) throws(Unfit) {
    for count in 1...3 where t[count] == 0 { throw Unfit(count: count, discount: nil) }
    let y = Double(t[1]) / Double(t[1] + 2 * t[2])
    var discounts: [Double] = []
    for count in 1...3 {
      let discount = Double(count) - Double(count + 1) * y * Double(t[count + 1]) / Double(t[count])
      guard discount >= 0 && discount <= Double(count) else { throw Unfit(count: count, discount: discount) }
      discounts.append(discount)
    }
    self.init(one: discounts[0], two: discounts[1], more: discounts[2])
  }

  /// Counts of counts that give no discounts.
  struct Unfit: Error {
    /// The adjusted count whose discount cannot be had.
    let count: Int
    /// Out of its range; nil if no n-gram has the count.
    let discount: Double?
  }
}

/// How many n-grams of an order have the adjusted count 1, 2, 3 and 4.
struct CountsOfCounts: Sendable, Hashable {
  private var t: [UInt64] = [0, 0, 0, 0]

  subscript(count: Int) -> UInt64 { t[count - 1] }

  mutating func add(_ count: UInt64) {
    if (1...4).contains(count) { t[Int(count) - 1] += 1 }
  }
}
