import Evaluation
import TestSupport
import Testing

@Suite struct `Edit counts` {
  func counts(_ reference: String, _ hypothesis: String) -> EditCounts {
    EditCounts(reference: Array(reference), hypothesis: Array(hypothesis))
  }

  @Test func `cases worked by hand`() {
    #expect(counts("", "") == EditCounts())
    #expect(counts("abc", "") == EditCounts(deletions: 3, reference: 3))
    #expect(counts("", "ab") == EditCounts(insertions: 2))
    #expect(counts("abc", "abc") == EditCounts(reference: 3))
    #expect(counts("kitten", "sitting") == EditCounts(substitutions: 2, insertions: 1, reference: 6))
    #expect(counts("abcd", "acd") == EditCounts(deletions: 1, reference: 4))
    #expect(counts("aaaa", "aa") == EditCounts(deletions: 2, reference: 4))
  }

  @Test func `of as few errors, the alignment with the most equal tokens counts`() {
    #expect(counts("ab", "bc") == EditCounts(deletions: 1, insertions: 1, reference: 2))
    #expect(counts("abc", "bcd") == EditCounts(deletions: 1, insertions: 1, reference: 3))
    #expect(counts("ab", "ba") == EditCounts(deletions: 1, insertions: 1, reference: 2))
  }

  /// Every alignment, by recursion: the fewest errors, and of those the fewest substitutions.
  func best(_ r: ArraySlice<Int>, _ h: ArraySlice<Int>) -> EditCounts {
    guard let a = r.first else { return EditCounts(insertions: h.count) }
    guard let b = h.first else { return EditCounts(deletions: r.count, reference: r.count) }
    let one = EditCounts(reference: 1)
    var choices = [
      best(r.dropFirst(), h) + EditCounts(deletions: 1, reference: 1),
      best(r, h.dropFirst()) + EditCounts(insertions: 1),
    ]
    choices.append(best(r.dropFirst(), h.dropFirst()) + one + EditCounts(substitutions: a == b ? 0 : 1))
    return choices.min { ($0.errors, $0.substitutions) < ($1.errors, $1.substitutions) }!
  }

  @Test func `every alignment of small random sequences gives the same`() {
    var generator = Seeded(1)
    for _ in 0..<2000 {
      func sequence() -> [Int] {
        (0..<Int.random(in: 0...6, using: &generator)).map { _ in Int.random(in: 0..<3, using: &generator) }
      }
      let (r, h) = (sequence(), sequence())
      #expect(EditCounts(reference: r, hypothesis: h) == best(r[...], h[...]), "\(r) \(h)")
    }
  }

  @Test func `reference and hypothesis changed about change deletions and insertions about`() {
    var generator = Seeded(2)
    for _ in 0..<50 {
      func sequence() -> [Int] {
        (0..<Int.random(in: 0...80, using: &generator)).map { _ in Int.random(in: 0..<5, using: &generator) }
      }
      let (r, h) = (sequence(), sequence())
      let (there, back) = (EditCounts(reference: r, hypothesis: h), EditCounts(reference: h, hypothesis: r))
      #expect(there.substitutions == back.substitutions)
      #expect(there.deletions == back.insertions && there.insertions == back.deletions)
      #expect(there.reference - there.deletions + there.insertions == h.count)
      #expect(there.errors >= abs(r.count - h.count) && there.errors <= max(r.count, h.count))
    }
  }

  @Test func `a rate needs a reference, and may exceed 1`() {
    #expect(counts("", "ab").rate == nil)
    #expect(counts("a", "bcd").rate == 3)
    #expect(counts("abcd", "abxd").rate == 0.25)
  }
}
