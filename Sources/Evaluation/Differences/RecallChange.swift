/// How often two systems get a word right, of the times that it is said.
public struct RecallChange: Sendable, Hashable {
  public var word: String
  /// Occurrences in the references.
  public var count = 0
  public var rightInA = 0
  public var rightInB = 0

  /// What b gets right more often than a.
  public var gain: Int { rightInB - rightInA }

  /// All words whose recall changes, the largest gain or loss first.
  public static func from(_ a: [AlignedWords], to b: [AlignedWords]) -> [RecallChange] {
    var changes: [String: RecallChange] = [:]
    for (a, b) in pairedPlaces(a, b) {
      guard let word = a.reference else { continue }
      var change = changes[word, default: RecallChange(word: word)]
      change.count += 1
      change.rightInA += a.isRight ? 1 : 0
      change.rightInB += b.isRight ? 1 : 0
      changes[word] = change
    }
    return changes.values.filter { $0.gain != 0 }
      .sorted { (abs($1.gain), $0.word) < (abs($0.gain), $1.word) }
  }
}
