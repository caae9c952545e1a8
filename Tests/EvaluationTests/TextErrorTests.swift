import Evaluation
import Testing

@Suite struct `Errors in text` {
  @Test func `words are split at white space of any kind and number`() {
    let counts = EditCounts(wordsOf: "  the cat\tsat\u{A0}down\n", hypothesis: "the  cat sit down now")
    #expect(counts == EditCounts(substitutions: 1, insertions: 1, reference: 4))
    #expect(EditCounts(wordsOf: "a b", hypothesis: "A b").substitutions == 1)
    #expect(EditCounts(wordsOf: " ", hypothesis: "").rate == nil)
  }

  @Test func `characters are scalars, a run of spaces is one and counts`() {
    // "ab cd" against "abcd": the space is missing.
    #expect(
      EditCounts(charactersOf: " ab   cd ", hypothesis: "abcd") == EditCounts(deletions: 1, reference: 5))
    // A flag is two scalars.
    #expect(EditCounts(charactersOf: "\u{1F1E9}\u{1F1EA}", hypothesis: "").reference == 2)
  }

  @Test func `an accent of its own is no error`() {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(EditCounts(wordsOf: composed, hypothesis: decomposed) == EditCounts(reference: 1))
    #expect(EditCounts(charactersOf: composed, hypothesis: decomposed) == EditCounts(reference: 4))
    #expect(
      EditCounts(charactersOf: decomposed, hypothesis: "cafe") == EditCounts(substitutions: 1, reference: 4))
  }

  @Test func `rates are of sums, not means`() {
    var rates = ErrorRates()
    #expect(rates.wordErrorRate == nil && rates.characterErrorRate == nil)
    rates.add(reference: "", hypothesis: "x")
    #expect(rates.wordErrorRate == nil)
    rates.add(reference: "a b c", hypothesis: "a b c")
    rates.add(reference: "d", hypothesis: "e")
    // 1 insertion and 1 substitution over 4 words; the same over 5 + 1 characters.
    #expect(rates.wordErrorRate == 0.5)
    #expect(rates.characterErrorRate == 2.0 / 6)
    #expect(rates.words == EditCounts(substitutions: 1, insertions: 1, reference: 4))
  }
}
