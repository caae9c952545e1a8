import Vocabulary

extension EditCounts {
  /// Errors in words: what stands between white space, compared as written, but "é" equals "e" with an accent
  /// of its own (both sides are in Unicode's form NFC).
  public init(wordsOf reference: String, hypothesis: String) {
    // String's equality and hash are those of canonical equivalence.
    self.init(reference: words(of: reference), hypothesis: words(of: hypothesis))
  }

  /// Errors in characters: the Unicode scalars of the text in form NFC, one space between words counted.
  public init(charactersOf reference: String, hypothesis: String) {
    self.init(reference: characters(of: reference), hypothesis: characters(of: hypothesis))
  }
}

/// The words of a text, split at white space as Python's `str.split` does.
private func words(of text: String) -> [String] {
  text.unicodeScalars.split(whereSeparator: isSpace).map { String($0) }
}

private func characters(of text: String) -> [Unicode.Scalar] {
  Array(words(of: text).joined(separator: " ").inNormalizationFormC.unicodeScalars)
}
