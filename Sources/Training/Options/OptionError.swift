/// Options that cannot be, in one line that names the flag, or the file and the key.
public struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  /// Whether it is the caller's usage (exit code 64), not a file that cannot be read (1).
  public let isUsage: Bool

  package init(_ description: String, isUsage: Bool = true) {
    self.description = description
    self.isUsage = isUsage
  }
}

/// What an option's value should have been.
package struct OptionMismatch: Error {
  package let expected: String

  package init(expected: String) { self.expected = expected }
}

/// Where a value was given.
enum OptionPlace: Sendable, Equatable {
  case flag
  case file(path: String, line: Int)

  /// `--steps` or `recipe.yaml:3: steps`.
  func naming(_ option: String) -> String {
    switch self {
    case .flag: "--\(option)"
    case .file(let path, let line): "\(path):\(line): \(option)"
    }
  }

  func error(_ option: String, _ value: OptionText, expected: String) -> OptionError {
    switch self {
    case .flag: OptionError("\(naming(option)) \(value.shown): expected \(expected)")
    case .file: OptionError("\(naming(option)): expected \(expected), found \(value.shown)")
    }
  }
}

/// A value as written, in a flag or in a file.
package enum OptionText: Sendable, Equatable {
  case one(String)
  case many([String])

  package var one: String? { if case .one(let text) = self { text } else { nil } }

  /// A list: as such, or with commas.
  package var many: [String] {
    switch self {
    case .many(let texts): texts
    case .one(let text):
      text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
    }
  }

  /// Safe for one line of a message.
  var shown: String {
    let text: String
    switch self {
    case .one(let one): text = one.isEmpty ? "nothing" : one
    case .many(let many): text = "[" + many.joined(separator: ", ") + "]"
    }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

/// Without the spaces around it.
func trimmed(_ text: some StringProtocol) -> String {
  guard let first = text.firstIndex(where: { !$0.isWhitespace }),
    let last = text.lastIndex(where: { !$0.isWhitespace })
  else { return "" }
  return String(text[first...last])
}
