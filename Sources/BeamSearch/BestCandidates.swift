/// A way to a prefix of the next frame: an entry of the beam that stays, or one step on from it.
struct Candidate {
  /// Probability with all terms, relative to the frame's scale.
  var key: Double
  var slot: Int32
  /// The label of the step; -1 to stay.
  var label: Int32
  /// Which of the steps with that label: 0 goes on in a word or between words; n > 0 completes the n-th word
  /// that the lexicon has there.
  var variant: Int32
}

/// The best so many candidates: a heap with the least of them on top.
///
/// Of equals those that came first stay, so that a search is reproducible.
struct BestCandidates {
  private(set) var heap: [Candidate] = []
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    heap.reserveCapacity(capacity)
  }

  /// What a candidate has to pass.
  var bound: Double { heap.count == capacity ? heap[0].key : 0 }

  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  /// - Complexity: O(log(capacity)).
  @inline(__always)
  mutating func insert(_ candidate: Candidate) {
    if heap.count < capacity {
      heap.append(candidate)
      var at = heap.count - 1
      while at > 0 {
        let parent = (at - 1) / 2
        guard candidate.key < heap[parent].key else { break }
        heap[at] = heap[parent]
        at = parent
      }
      heap[at] = candidate
    } else if candidate.key > heap[0].key {
      var at = 0
      while true {
        var child = 2 * at + 1
        guard child < capacity else { break }
        if child + 1 < capacity && heap[child + 1].key < heap[child].key { child += 1 }
        guard heap[child].key < candidate.key else { break }
        heap[at] = heap[child]
        at = child
      }
      heap[at] = candidate
    }
  }
}
