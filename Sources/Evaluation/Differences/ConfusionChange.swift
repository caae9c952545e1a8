/// An error of a kind: a word for another, or one without the other.
public struct Confusion: Sendable, Hashable {
  /// nil for an insertion.
  public var reference: String?
  /// nil for a deletion.
  public var hypothesis: String?

  public init(reference: String?, hypothesis: String?) {
    self.reference = reference
    self.hypothesis = hypothesis
  }
}

/// How often a system b mends an error of a kind that a system a makes, and how often it makes one that a does
/// not.
public struct ConfusionChange: Sendable, Hashable {
  public var confusion: Confusion
  /// a's confusions in places where b is right; insertions of a that b does not make there.
  public var fixed = 0
  /// b's confusions in places where a is right; insertions of b that a does not make there.
  public var broken = 0

  /// All kinds that change, those that change most often first. A word that both systems have wrong is neither
  /// fixed nor broken.
  ///
  /// - Parameters:
  ///   - a: all utterances of a system.
  ///   - b: the same of another.
  public static func from(_ a: [AlignedWords], to b: [AlignedWords]) -> [ConfusionChange] {
    var changes: [Confusion: ConfusionChange] = [:]
    func count(_ confusion: Confusion, _ path: WritableKeyPath<ConfusionChange, Int>) {
      changes[confusion, default: ConfusionChange(confusion: confusion)][keyPath: path] += 1
    }
    for (a, b) in pairedPlaces(a, b) {
      for word in surplus(a.inserted, over: b.inserted) {
        count(Confusion(reference: nil, hypothesis: word), \.fixed)
      }
      for word in surplus(b.inserted, over: a.inserted) {
        count(Confusion(reference: nil, hypothesis: word), \.broken)
      }
      if a.reference == nil || a.isRight == b.isRight { continue }
      if b.isRight {
        count(Confusion(reference: a.reference, hypothesis: a.hypothesis), \.fixed)
      } else {
        count(Confusion(reference: b.reference, hypothesis: b.hypothesis), \.broken)
      }
    }
    return changes.values.sorted { one, other in
      let (changesOfOne, changesOfOther) = (one.fixed + one.broken, other.fixed + other.broken)
      if changesOfOne != changesOfOther { return changesOfOne > changesOfOther }
      return one.confusion.key.lexicographicallyPrecedes(other.confusion.key)
    }
  }
}

extension Confusion {
  /// No word comes before all words.
  fileprivate var key: [String] { [reference ?? "", hypothesis ?? ""] }
}

/// Places of two systems beside each other, utterance after utterance.
func pairedPlaces(
  _ a: [AlignedWords], _ b: [AlignedWords]
) -> [(AlignedWords.Place, AlignedWords.Place)] {
  precondition(a.count == b.count, "\(a.count) utterances against \(b.count)")
  return zip(a, b).flatMap { a, b in
    precondition(a.reference == b.reference, "two references: \(a.reference), \(b.reference)")
    return zip(a.places, b.places)
  }
}

/// Words that one list has more often than another, as often as it has more of them.
private func surplus(_ words: [String], over others: [String]) -> [String] {
  var others = others
  return words.filter { word in
    guard let index = others.firstIndex(of: word) else { return true }
    others.remove(at: index)
    return false
  }
}
