extension CTCVocabulary {
  /// The labels of a text: words at white space, one delimiter between them, in each word the longest token
  /// that fits from left to right.
  ///
  /// Where transformers' tokenizer would put `<unk>`, this fails and names the characters: a model trained
  /// to say "unknown" is seldom meant. Special tokens are not recognised in text. Apply `TextRules` first.
  /// - Complexity: linear in the characters times the length of the longest token.
  public func encode(_ text: String) throws(VocabularyError) -> [Int] {
    let scalars = Array((settings.lowercasesOutput ? text.uppercased() : text).unicodeScalars)
    let space = wordSeparator
    var labels: [Int] = []
    var unencodable: [Unicode.Scalar] = []
    var needsSpace = false
    var place = 0
    while place < scalars.count {
      if isSpace(scalars[place]) {
        needsSpace = !labels.isEmpty
        place += 1
        continue
      }
      if needsSpace {
        if let space { labels.append(space) } else { unencodable.append(" ") }
        needsSpace = false
      }
      if let match = encoder.match(scalars, at: place) {
        labels.append(match.id)
        place += match.count
      } else {
        unencodable.append(scalars[place])
        place += 1
      }
    }
    if !unencodable.isEmpty { throw unencodableError(unencodable, in: text) }
    return labels
  }

  private func unencodableError(_ scalars: [Unicode.Scalar], in text: String) -> VocabularyError {
    var seen: Set<Unicode.Scalar> = []
    let distinct = scalars.filter { seen.insert($0).inserted }
    var list = distinct.prefix(8).map { $0 == " " ? "a space (no word delimiter)" : shown($0) }
      .joined(separator: ", ")
    if distinct.count > 8 { list += " and \(distinct.count - 8) more" }
    var error = VocabularyError(
      .unencodable, subject: "\"\(text.prefix(60))\(text.count > 60 ? "..." : "")\"",
      expected: "characters of the vocabulary", found: list,
      remedy: "change the text or its rules, or use a vocabulary that has them")
    error.characters = distinct.map { String($0) }
    return error
  }
}
