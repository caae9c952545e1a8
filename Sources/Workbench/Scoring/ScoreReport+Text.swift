public import Evaluation

extension ScoreReport {
  /// The report for people: the sums, those of groups, the most frequent errors, and how it was counted.
  public func text(options: ScoringOptions, confusions: Int = 0) -> String {
    var table = TextTable("", "#errors", "#sub", "#del", "#ins", "#reference", "#rate")
    for (name, counts) in [("words", totals.words), ("characters", totals.characters)] {
      table.add(
        name, grouped(counts.errors), grouped(counts.substitutions), grouped(counts.deletions),
        grouped(counts.insertions), grouped(counts.reference), percent(counts.rate))
    }
    table.add(
      "sentences", grouped(totals.wrongSentences), "", "", "", grouped(totals.sentences),
      percent(totals.sentenceErrorRate))
    var parts = [table.text]
    for field in fields {
      var table = TextTable(
        field, "#sentences", "#words", "#sub", "#del", "#ins", "#errors", "#wer", "#cer", "#ser")
      for (value, totals) in groups(by: field) {
        table.add(
          value.isEmpty ? "-" : value, grouped(totals.sentences), grouped(totals.words.reference),
          grouped(totals.words.substitutions), grouped(totals.words.deletions),
          grouped(totals.words.insertions), grouped(totals.words.errors), percent(totals.words.rate),
          percent(totals.characters.rate), percent(totals.sentenceErrorRate))
      }
      parts.append(table.text)
    }
    if confusions > 0 {
      var table = TextTable("#count", "error", "reference", "hypothesis")
      for row in self.confusions.prefix(confusions) {
        table.add(grouped(row.count), row.kind.rawValue, row.reference, row.hypothesis)
      }
      parts.append(table.text)
    }
    parts.append(
      "rules \(oneLine(options.rules.name)), costs \(options.costs.rawValue), "
        + (options.unit == .mixed ? "Chinese and Japanese by character\n" : "words by white space alone\n"))
    return parts.joined(separator: "\n")
  }

  private func percent(_ rate: Double?) -> String { rate.map { decimals(100 * $0, 2) + " %" } ?? "-" }
}

extension ScoreTotals {
  var sentenceErrorRate: Double? { sentences > 0 ? Double(wrongSentences) / Double(sentences) : nil }
}

extension UtteranceScore {
  /// Reference above hypothesis, word above word, and below them S, D or I for what is wrong; empty without an
  /// alignment.
  ///
  ///     u1  1 of 3 words
  ///     REF: the cat *** sat
  ///     HYP: the cut now sat
  ///              S   I
  public var alignmentText: String {
    guard let alignment else { return "" }
    var lines = ["REF:", "HYP:", "    "]
    for row in alignment.rows {
      let letter =
        switch row.kind {
        case .match, .omission: ""
        case .substitution: "S"
        case .deletion: "D"
        case .insertion: "I"
        }
      let words = [row.reference, row.hypothesis].map { $0.map(oneLine) }
      let width = words.reduce(1) { max($0, $1.map(columns) ?? 0) }
      let missing = row.kind == .omission ? "" : String(repeating: "*", count: width)
      for (line, cell) in [words[0] ?? missing, words[1] ?? missing, letter].enumerated() {
        lines[line] += " " + cell + String(repeating: " ", count: max(0, width - columns(cell)))
      }
    }
    let head = "\(oneLine(id))  \(grouped(words.errors)) of \(grouped(words.reference)) words"
    return ([head] + lines).map { line in
      var line = line
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// Columns of a terminal that a text takes: two for a letter of the scripts of East Asia.
private func columns(_ text: String) -> Int {
  text.reduce(0) { width, letter in
    let first = letter.unicodeScalars.first?.value ?? 0
    let isWide =
      (0x1100...0x115F).contains(first) || (0x2E80...0xD7A3).contains(first)
      || (0xF900...0xFAFF).contains(first) || (0xFF01...0xFF60).contains(first) || first >= 0x1F300
    return width + (isWide ? 2 : 1)
  }
}
