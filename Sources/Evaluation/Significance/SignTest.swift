#if canImport(Glibc)
import Glibc
#endif

/// The sign test: whether of two things that happen, one happens more often than by tossing a coin.
///
///     p = min(1, 2 sum over k = 0...min(a, b) of C(a + b, k) / 2^(a + b))
///
/// On utterances that only a has all right and those that only b has, it is McNemar's test (Gillick and Cox
/// 1989), `sc_stats -t mcn`; on wins and losses, the sign test over utterances. It is exact for any counts,
/// where `sc_stats` takes the normal distribution for more than 20.
public struct SignTest: Sendable, Hashable {
  public var a: Int
  public var b: Int

  public init(_ a: Int, _ b: Int) {
    precondition(a >= 0 && b >= 0, "counts, not \(a) and \(b)")
    self.a = a
    self.b = b
  }

  /// Two-tailed; 1 for equal counts.
  /// - Complexity: O(min(a, b)).
  public var p: Double {
    if a == b { return 1 }
    let count = a + b
    // ln of C(n, k) / 2^n, from k = 0 on.
    var term = -Double(count) * log(2.0)
    var sum = exp(term)
    for k in 0..<min(a, b) {
      term += log(Double(count - k)) - log(Double(k + 1))
      sum += exp(term)
    }
    return min(1, 2 * sum)
  }
}

extension SignTest {
  /// McNemar's test of two systems by the utterances that one has all right and the other has not.
  public init(mcNemar a: [[EditOperation]], _ b: [[EditOperation]]) {
    precondition(a.count == b.count, "\(a.count) utterances against \(b.count)")
    self.init(0, 0)
    for (a, b) in zip(a, b) {
      switch (a.contains(where: \.isError), b.contains(where: \.isError)) {
      case (false, true): self.a += 1
      case (true, false): self.b += 1
      default: break
      }
    }
  }
}
