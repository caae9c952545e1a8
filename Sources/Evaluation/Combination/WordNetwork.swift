/// Hypotheses of an utterance woven into one network: slots in a row, in each of them what every system has there,
/// a word or none. The first half of ROVER (Fiscus 1997), as NIST's `rover` does it.
///
/// Systems are aligned with the network one after the other, by the least sum of costs; where a system's word has
/// no place, a slot is added, which for the systems before it is empty. The order of the systems matters: the
/// first sets the frame.
///
///     0      a word with the same word        1      a word with an empty place
///     0.001  no word, where a place is empty  3      no word, where none is; a word between slots
///     4      a word with another
///
/// A slot costs what its cheapest arc costs. Words are equal as written. Times are not looked at: `rover` begins
/// anew where all systems are silent for a second.
public struct WordNetwork: Sendable, Hashable {
  /// What a system has in a slot.
  public struct Arc: Sendable, Hashable {
    /// nil for an empty place.
    public var word: String?
    /// 0 for an empty place.
    public var confidence: Double
    public var system: Int
  }

  /// An arc of each system; those that were there when the slot was made come behind the one that made it.
  public private(set) var slots: [[Arc]] = []
  /// How many systems are in it.
  public private(set) var systems = 0

  public init() {}

  /// The words of each system, all sure.
  public init(_ systems: [[String]]) {
    for words in systems { add(words) }
  }

  /// Adds a system.
  ///
  /// - Parameter confidences: one a word; nil for 1.
  /// - Complexity: O(arcs x words).
  public mutating func add(_ words: [String], confidences: [Double]? = nil) {
    precondition(
      confidences == nil || confidences!.count == words.count,
      "\(confidences?.count ?? 0) confidences for \(words.count) words")
    var woven: [[Arc]] = []
    var (slot, next) = (0, 0)
    for operation in alignment(of: words) {
      var arcs: [Arc] = []
      if operation.takesReference {
        arcs = slots[slot]
        slot += 1
      }
      if operation.takesHypothesis {
        arcs.append(Arc(word: words[next], confidence: confidences?[next] ?? 1, system: systems))
        next += 1
      } else {
        arcs.append(Arc(word: nil, confidence: 0, system: systems))
      }
      if operation == .insertion {
        arcs += (0..<systems).map { Arc(word: nil, confidence: 0, system: $0) }
      }
      woven.append(arcs)
    }
    slots = woven
    systems += 1
  }
}

extension WordNetwork {
  /// How words are aligned with the slots, which stand for the reference. A match is a slot that has the word.
  ///
  ///     D(a, j) = min(min over a' of D(a', j-1) + cost(a, w_j),   a' in the slot before a's
  ///                   min over a' of D(a', j) + cost(a, none), D(a, j-1) + 3)
  ///
  /// for arcs a and words j. Of equals the first of the three is taken, but an insertion before a deletion, and
  /// the first of equal arcs: what `rover` and `sclite` take. Sums are Float, as theirs.
  public func alignment(of words: [String]) -> [EditOperation] {
    let width = words.count + 1
    var table = [Cell](repeating: Cell(), count: (1 + slots.reduce(0) { $0 + $1.count }) * width)
    // A head that everything begins from.
    for j in 1..<width { table[j] = Cell(cost: table[j - 1].cost + 3, from: 0, operation: .insertion) }
    // Arcs of the slot before, and of this.
    var (before, arcs) = (0..<1, 0..<1)
    for slot in slots {
      (before, arcs) = (arcs, arcs.upperBound..<arcs.upperBound + slot.count)
      let cheapest = (0..<width).map { j in best(of: before, column: j, in: table, width: width) }
      for (arc, place) in zip(slot, arcs) {
        for j in 0..<width {
          let entry = cheapest[j]
          let deleted = table[entry * width + j].cost + (arc.word == nil ? 0.001 : 3)
          var cell = Cell(cost: deleted, from: entry, operation: .deletion)
          if j > 0 {
            let entry = cheapest[j - 1]
            let isSame = arc.word == words[j - 1]
            let substituted = table[entry * width + j - 1].cost + (isSame ? 0 : arc.word == nil ? 1 : 4)
            let inserted = table[place * width + j - 1].cost + 3
            if substituted <= deleted && substituted <= inserted {
              cell = Cell(cost: substituted, from: entry, operation: isSame ? .match : .substitution)
            } else if inserted <= deleted {
              cell = Cell(cost: inserted, from: place, operation: .insertion)
            }
          }
          table[place * width + j] = cell
        }
      }
    }
    var operations: [EditOperation] = []
    var (place, j) = (best(of: arcs, column: width - 1, in: table, width: width), width - 1)
    while place > 0 || j > 0 {
      let cell = table[place * width + j]
      operations.append(cell.operation)
      if cell.operation.takesHypothesis { j -= 1 }
      place = cell.from
    }
    return operations.reversed()
  }

  private struct Cell {
    var cost: Float = 0
    var from = 0
    var operation = EditOperation.insertion
  }

  private func best(of arcs: Range<Int>, column: Int, in table: [Cell], width: Int) -> Int {
    var best = arcs.lowerBound
    for arc in arcs where table[arc * width + column].cost < table[best * width + column].cost { best = arc }
    return best
  }
}
