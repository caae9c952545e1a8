/// What a check found, and what training can use.
public struct CorpusReport: Sendable {
  public let train: Part
  /// No rows where there is no dev set.
  public let dev: Part

  /// One side of a corpus.
  public struct Part: Sendable {
    public let split: CorpusFinding.Split
    public let rows: [CorpusRow]
    /// By row.
    public private(set) var findings: [CorpusFinding] = []
    /// Each row's labels; nil where its text cannot be encoded.
    public internal(set) var labels: [[Int]?]
    /// Each row's text as it is encoded; nil likewise. References of the error rates.
    public internal(set) var preparedTexts: [String?]
    /// Characters outside the vocabulary and how often they are in the texts of all rows.
    public private(set) var unknownCharacters: [String: Int] = [:]
    private var rejected: Set<Int> = []

    init(split: CorpusFinding.Split, rows: [CorpusRow]) {
      self.split = split
      self.rows = rows
      labels = Array(repeating: nil, count: rows.count)
      preparedTexts = Array(repeating: nil, count: rows.count)
    }

    public func isRejected(_ row: Int) -> Bool { rejected.contains(row) }

    public var rejectedCount: Int { rejected.count }

    /// The indices of the rows that training can use, in their order.
    public var usable: [Int] { rows.indices.filter { !rejected.contains($0) } }

    mutating func add(
      _ row: Int, _ kind: CorpusFinding.Kind, _ severity: CorpusFinding.Severity, _ message: String
    ) {
      findings.append(
        CorpusFinding(split: split, row: row, kind: kind, severity: severity, message: message))
      if severity == .reject { rejected.insert(row) }
    }

    mutating func addUnknown(_ characters: [String], in text: String) {
      for character in characters {
        unknownCharacters[character, default: 0] += scalarOccurrences(of: character, in: text)
      }
    }

    mutating func sortFindings() {
      let order = findings.indices.sorted { (findings[$0].row, $0) < (findings[$1].row, $1) }
      findings = order.map { findings[$0] }
    }
  }

  /// Makes sure that there is something to train on, and under ``BadRowPolicy/stop`` that nothing is
  /// rejected.
  /// - Throws: one line that counts the rows and names the first.
  public func confirm(_ policy: BadRowPolicy) throws(CorpusError) {
    for part in [train, dev] where part.rejectedCount > 0 || part.split == .train {
      guard policy == .stop || part.usable.isEmpty else { continue }
      guard let first = part.findings.first(where: { $0.severity == .reject }) else {
        if part.rows.isEmpty { throw CorpusError(description: "\(part.split.rawValue): no rows to train on") }
        continue
      }
      let count = "\(part.rejectedCount) of \(part.rows.count) rows"
      throw CorpusError(
        description: "\(part.rows[first.row].place): \(first.message) (\(first.kind.rawValue); \(count) of "
          + "\(part.split.rawValue) cannot be used; see 'warbler corpus check')")
    }
  }
}

/// A corpus that training cannot begin with. Its description is one line.
public struct CorpusError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

/// How often a scalar is in a text.
func scalarOccurrences(of character: String, in text: String) -> Int {
  text.unicodeScalars.reduce(0) { $0 + (String($1).utf8.elementsEqual(character.utf8) ? 1 : 0) }
}

/// A character so that it can be told from others and stays on its line: `é (U+00E9)`.
public func characterDescription(_ character: String) -> String {
  character.unicodeScalars.map { scalar in
    let hex = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .nonspacingMark: return code
    case .spaceSeparator: return "a space (\(code))"
    default: return "\(scalar) (\(code))"
    }
  }.joined(separator: " ")
}
