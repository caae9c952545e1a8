import Evaluation

extension ComparisonResult {
  /// The comparison for people: the table, the pairs, what all would be together, and what differs.
  /// - Parameters:
  ///   - top: how many confusions, words and utterances of each kind are shown of a pair; 0 for none.
  ///   - usesColor: whether wrong words are red, as a terminal shows them, instead of in brackets.
  public func text(top: Int, usesColor: Bool) -> String {
    var parts = [systemTable]
    if !comparison.pairs.isEmpty { parts.append(pairTable) }
    if let line = combinationLine { parts.append(line + "\n") }
    if top > 0 {
      for quantity in ErrorTrend.Quantity.allCases {
        if let trend = comparison.trend(quantity) { parts.append(table(of: trend)) }
      }
      for pair in comparison.pairs where pair.wins + pair.losses > 0 {
        parts.append(differences(of: pair, top: top, usesColor))
      }
    }
    parts.append(notes.joined(separator: "\n") + "\n")
    return parts.joined(separator: "\n")
  }

  private var systemTable: String {
    var table = TextTable(
      "system", "#wer", "#95 % interval", "#cer", "#ser", "#sub", "#del", "#ins", "#oracle", "#rtf", "#memory"
    )
    for (number, system) in input.systems.enumerated() {
      let (standing, facts) = (comparison.standings[number], input.facts[number])
      let (words, totals) = (standing.totals.words, standing.totals)
      table.add(
        "\(letter(number)) \(Self.shortened(system.name))", percent(words.rate), percents(standing.interval),
        percent(totals.characters.rate), percent(totals.sentenceErrorRate), grouped(words.substitutions),
        grouped(words.deletions), grouped(words.insertions), percent(standing.oracle?.rate),
        facts.realTimeFactor.map { decimals($0, 4) } ?? "-", facts.peakBytes.map(megabytes) ?? "-")
    }
    let long = input.systems.enumerated().filter { Self.shortened($1.name) != $1.name }
    return table.text + long.map { "\(letter($0)) \(oneLine($1.name))\n" }.joined()
  }

  /// Longer names stand below the table.
  private static func shortened(_ name: String) -> String {
    name.count > 40 ? name.prefix(39) + "…" : name
  }

  private var pairTable: String {
    var table = TextTable(
      "pair", "#difference", "#95 % interval", "#mapsswe p", "#corrected", "#bootstrap p", "#corrected",
      "#wins",
      "#ties", "#losses", "")
    for pair in comparison.pairs {
      let (a, b) = (letter(pair.a), letter(pair.b))
      let better = (pair.difference ?? 0) < 0 ? a : b
      table.add(
        "\(a) - \(b)", points(pair.difference), pointRange(pair.interval), p(pair.matchedPairsP),
        p(pair.correctedMatchedPairsP), p(pair.bootstrapP), p(pair.correctedBootstrapP), grouped(pair.wins),
        grouped(pair.ties), grouped(pair.losses),
        Self.isSignificant(pair) ? "\(better) is better" : "may be chance")
    }
    return table.text
  }

  private var combinationLine: String? {
    guard let combination = comparison.combination else { return nil }
    let reference = combination.words.reference
    let bound =
      reference > 0 ? percent(Double(combination.oracleErrors) / Double(reference)) : "-"
    return "All together (ROVER\(combination.usesConfidences ? ", with confidences" : "")): "
      + "\(percent(combination.words.rate)), \(percents(combination.interval)); the best choice of their words: \(bound)"
  }

  private func table(of trend: ErrorTrend) -> String {
    let (name, digits): (String, Int) =
      switch trend.quantity {
      case .confidence: ("confidence", 3)
      case .duration: ("seconds", 1)
      case .level: ("level, dB", 1)
      case .pace: ("words a second", 1)
      }
    var lines = [["by \(name)"] + input.systems.indices.map { "\(letter($0)) WER" } + ["utterances"]]
    for bin in trend.bins {
      let range =
        "\(decimals(bin.range.lowerBound, digits)) to \(decimals(bin.range.upperBound, digits))"
      let counts = Set(bin.utterances).count == 1 ? ["\(bin.utterances[0])"] : bin.utterances.map { "\($0)" }
      lines.append([range] + bin.rates.map(percent) + [counts.joined(separator: ", ")])
    }
    return columns(lines)
  }

  // MARK: What differs

  private func differences(of pair: PairComparison, top: Int, _ usesColor: Bool) -> String {
    let (a, b) = (letter(pair.a), letter(pair.b))
    let (first, second) = (comparison.alignments[pair.a], comparison.alignments[pair.b])
    var parts: [String] = ["From \(a) to \(b)"]
    let confusions = ConfusionChange.from(first, to: second)
    func list(_ title: String, _ count: KeyPath<ConfusionChange, Int>) {
      let most = confusions.filter { $0[keyPath: count] > 0 }
        .enumerated().sorted {
          ($1.element[keyPath: count], $0.offset) < ($0.element[keyPath: count], $1.offset)
        }
      guard !most.isEmpty else { return }
      parts.append(
        "  \(title): "
          + most.prefix(top).map { _, change in
            let confusion = change.confusion
            let text =
              switch (confusion.reference, confusion.hypothesis) {
              case (let reference?, let hypothesis?): "\(reference) > \(hypothesis)"
              case (let reference?, nil): "\(reference) left out"
              case (nil, let hypothesis): "\(hypothesis ?? "") put in"
              }
            return change[keyPath: count] > 1 ? "\(text) (\(change[keyPath: count]))" : text
          }.joined(separator: ", "))
    }
    list("fixed", \.fixed)
    list("broken", \.broken)
    let recalls = RecallChange.from(first, to: second).prefix(top)
    if !recalls.isEmpty {
      parts.append(
        "  recall: "
          + recalls.map { "\($0.word) \($0.rightInA) > \($0.rightInB) of \($0.count)" }.joined(
            separator: ", "))
    }
    let errors = [pair.a, pair.b].map { comparison.scores[$0].map(\.words.errors) }
    for change in UtteranceChange.largestGains(errors[0], errors[1], limit: top) {
      parts.append(sideBySide(change, pair, usesColor))
    }
    for change in UtteranceChange.largestLosses(errors[0], errors[1], limit: top) {
      parts.append(sideBySide(change, pair, usesColor))
    }
    return oneByOne(parts)
  }

  /// The reference and both hypotheses, word below word.
  private func sideBySide(_ change: UtteranceChange, _ pair: PairComparison, _ usesColor: Bool) -> String {
    let place = change.index
    let table = AlignedColumns([comparison.alignments[pair.a][place], comparison.alignments[pair.b][place]])
    var lines = ["    ref  ", "    \(letter(pair.a))    ", "    \(letter(pair.b))    "]
    for column in table.columns {
      let cells = [column.reference] + column.hypotheses
      let shown = cells.enumerated().map { row, word -> (text: String, isWrong: Bool) in
        let isWrong = row > 0 && word != column.reference
        let text = word.map(oneLine) ?? (row == 0 || column.reference == nil ? "" : "-")
        return (isWrong && !usesColor && !text.isEmpty ? "[\(text)]" : text, isWrong && !text.isEmpty)
      }
      let width = shown.map { $0.text.count }.max() ?? 0
      for (row, cell) in shown.enumerated() {
        let padding = String(repeating: " ", count: width - cell.text.count + 1)
        lines[row] += (cell.isWrong && usesColor ? "\u{1B}[31m\(cell.text)\u{1B}[0m" : cell.text) + padding
      }
    }
    let gain = change.gain
    let heading =
      "  \(oneLine(input.utterances[place].id)): \(change.errorsOfA) errors, then \(change.errorsOfB) "
      + (gain > 0 ? "(\(gain) fewer)" : "(\(-gain) more)")
    return ([heading] + lines.map(withoutTrailingSpaces)).joined(separator: "\n")
  }

  private func oneByOne(_ parts: [String]) -> String { parts.map { $0 + "\n" }.joined() }

  private func withoutTrailingSpaces(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }

  // MARK: Numbers

  /// A, B, ..., Z, then 27, 28, ...
  private func letter(_ system: Int) -> String {
    system < 26 ? String(UnicodeScalar(UInt8(65 + system))) : "\(system + 1)"
  }

  private func percent(_ rate: Double?) -> String { rate.map { decimals(100 * $0, 2) + " %" } ?? "-" }

  private func percents(_ range: ClosedRange<Double>?) -> String {
    range.map { "\(decimals(100 * $0.lowerBound, 2)) to \(decimals(100 * $0.upperBound, 2))" } ?? "-"
  }

  /// Percentage points, with their sign.
  private func points(_ difference: Double?) -> String {
    difference.map { ($0 > 0 ? "+" : "") + decimals(100 * $0, 2) } ?? "-"
  }

  private func pointRange(_ range: ClosedRange<Double>?) -> String {
    range.map { "\(points($0.lowerBound)) to \(points($0.upperBound))" } ?? "-"
  }

  private func p(_ value: Double) -> String { value < 0.0001 ? "<0.0001" : decimals(value, 4) }

  /// Rows of cells; the first to the left, the others to the right.
  private func columns(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : "  " + padding + cell
      }.joined() + "\n"
    }.joined()
  }
}
