public import Training

extension CorpusFinding.Severity {
  /// As the report names it.
  fileprivate var word: String { self == .reject ? "reject" : "warn" }
}

extension CorpusReport {
  /// All findings, the dev set's last.
  public var findings: [CorpusFinding] { train.findings + dev.findings }

  public func row(of finding: CorpusFinding) -> CorpusRow {
    (finding.split == .train ? train : dev).rows[finding.row]
  }

  /// The line of a finding: `reject  train.jsonl:12  id  too-few-frames: ...`.
  public func text(of finding: CorpusFinding) -> String {
    let row = row(of: finding)
    let id = row.id.isEmpty ? "" : oneLine(row.id) + "  "
    return "\(finding.severity.word.padded(to: 6))  \(oneLine(row.place))  \(id)\(finding.kind.rawValue): "
      + oneLine(finding.message)
  }

  /// Rows and hours in a table: of each split, what is usable and what was found.
  public var summary: String {
    var lines: [[String]] = []
    for part in [train, dev] where !part.rows.isEmpty || part.split == .train {
      lines.append(part.line("\(part.split.rawValue)", rows: Array(part.rows.indices)))
      lines.append(part.line("  usable", rows: part.usable))
      for severity in [CorpusFinding.Severity.reject, .warn] {
        for kind in CorpusFinding.Kind.allCases {
          let rows = part.findings.filter { $0.kind == kind && $0.severity == severity }.map(\.row)
          if !rows.isEmpty { lines.append(part.line("  \(severity.word): \(kind.rawValue)", rows: rows)) }
        }
      }
    }
    let widths = (0..<3).map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = lines.map { line in
      line[0].padded(to: widths[0]) + "  " + line[1].leftPadded(to: widths[1]) + "  "
        + line[2].leftPadded(to: widths[2])
    }
    for part in [train, dev] where !part.unknownCharacters.isEmpty {
      let characters = part.unknownCharacters.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      let shown = characters.prefix(20).map { "\(characterDescription($0.key)) x \($0.value)" }.joined(
        separator: ", ")
      let rest = characters.count > 20 ? " and \(characters.count - 20) more" : ""
      text.append("\(part.split.rawValue): not in the vocabulary: \(shown)\(rest)")
    }
    return text.joined(separator: "\n")
  }
}

extension CorpusReport.Part {
  fileprivate func line(_ name: String, rows: [Int]) -> [String] {
    let seconds = rows.reduce(0) { $0 + self.rows[$1].seconds }
    return [
      name, "\(grouped(rows.count)) \(rows.count == 1 ? "row " : "rows")", "\(decimals(seconds / 3600, 3)) h",
    ]
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
