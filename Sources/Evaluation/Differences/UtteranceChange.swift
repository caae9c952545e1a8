/// Errors of two systems in an utterance.
public struct UtteranceChange: Sendable, Hashable {
  /// The utterance's number.
  public var index: Int
  public var errorsOfA: Int
  public var errorsOfB: Int

  /// Errors that b makes less.
  public var gain: Int { errorsOfA - errorsOfB }

  /// The utterances that b gains most in, of equals the first.
  public static func largestGains(_ a: [Int], _ b: [Int], limit: Int) -> [UtteranceChange] {
    precondition(a.count == b.count, "\(a.count) utterances against \(b.count)")
    let changes = a.indices.map { UtteranceChange(index: $0, errorsOfA: a[$0], errorsOfB: b[$0]) }
    return Array(
      changes.filter { $0.gain > 0 }.sorted { ($1.gain, $0.index) < ($0.gain, $1.index) }.prefix(limit))
  }

  /// The utterances that b loses most in, of equals the first.
  public static func largestLosses(_ a: [Int], _ b: [Int], limit: Int) -> [UtteranceChange] {
    largestGains(b, a, limit: limit).map {
      UtteranceChange(index: $0.index, errorsOfA: $0.errorsOfB, errorsOfB: $0.errorsOfA)
    }
  }
}
