public import Checkpoints

extension CommandOptions {
  /// Every option that is set, as a YAML file that ``resolved(flags:file:resumes:)`` reads back to equal
  /// options.
  public var yaml: String {
    var lines = ["# Every option of this run as resolved. --resume reads this file."]
    for section in Section.allCases {
      lines.append("")
      lines.append("# \(section.rawValue)")
      for option in Self.table where option.section == section {
        // A flag that is off would read as given beside its rival.
        guard let text = option.get(self), !(option.rival != nil && text == .one("false")) else { continue }
        switch text {
        case .one(let text): lines.append("\(option.name): \(quoted(text))")
        case .many(let texts):
          lines.append("\(option.name): [\(texts.map(quoted).joined(separator: ", "))]")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Writes ``yaml``: complete, or not at all.
  public func write(to path: String) throws(CheckpointError) {
    try AtomicFile.write(Array(yaml.utf8), to: path)
  }

  /// What ``CommandOption/Resume/fixed`` options say, a line each: two runs with the same text, data and
  /// code compute the same numbers, `steps` and `epochs` given.
  public var identity: String {
    Self.table.filter { $0.resume == .fixed }.compactMap { option in
      option.get(self).map { "\(option.name): \($0.many.joined(separator: ","))" }
    }.joined(separator: "\n")
  }

  /// Names and values of what is set, for a report; notable are those that are not the default.
  public var settings: [RunSummary.Row] {
    var defaults = Self()
    defaults.makeDefaultsAbsolute()
    return Self.table.compactMap { option in
      option.get(self).map {
        RunSummary.Row(option.name, $0.many.joined(separator: ","), isNotable: $0 != option.get(defaults))
      }
    }
  }
}

/// Plain where YAML reads the same text back, otherwise between double quotes.
private func quoted(_ text: String) -> String {
  let isPlain =
    text.first.map { $0.isLetter || $0.isNumber || $0 == "/" } == true
    && text.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789/._-+".unicodeScalars.contains($0))
    }
  if isPlain && !["null", "~"].contains(text.lowercased()) { return text }
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.properties.generalCategory == .control:
      let digits = String(scalar.value, radix: 16)
      result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
