import JSON
public import Training

extension CorpusReport {
  /// A line for each finding, and a last one with the sums.
  public var jsonLines: [String] { findings.map { json(of: $0) } + [jsonSummary] }

  private func json(of finding: CorpusFinding) -> String {
    let row = row(of: finding)
    let object: JSONObject = [
      "split": .string(finding.split.rawValue), "line": .integer(Int64(row.line)), "id": .string(row.id),
      "audio_filepath": .string(row.audioPath), "kind": .string(finding.kind.rawValue),
      "severity": .string(finding.severity.rawValue), "message": .string(finding.message),
    ]
    return JSONValue.object(object).text(.spaced)
  }

  private var jsonSummary: String {
    var parts = JSONObject()
    for part in [train, dev] where !part.rows.isEmpty || part.split == .train {
      parts[part.split.rawValue] = .object(part.sums)
    }
    return JSONValue.object(["summary": .object(parts)]).text(.spaced)
  }
}

extension CorpusReport.Part {
  /// Counts are of rows, but for `unknown_characters`, which counts characters.
  fileprivate var sums: JSONObject {
    func seconds(_ rows: some Sequence<Int>) -> JSONValue {
      .number(rows.reduce(0) { $0 + self.rows[$1].seconds })
    }
    var kinds = JSONObject()
    for kind in CorpusFinding.Kind.allCases {
      let count = findings.count { $0.kind == kind }
      if count > 0 { kinds[kind.rawValue] = .integer(Int64(count)) }
    }
    var characters = JSONObject()
    for (character, count) in unknownCharacters.sorted(by: { $0.key < $1.key }) {
      characters[character] = .integer(Int64(count))
    }
    return [
      "rows": .integer(Int64(rows.count)), "seconds": seconds(rows.indices),
      "usable": .integer(Int64(usable.count)), "usable_seconds": seconds(usable),
      "rejected": .integer(Int64(rejectedCount)), "findings": .object(kinds),
      "unknown_characters": .object(characters),
    ]
  }
}
