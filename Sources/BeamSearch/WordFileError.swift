/// Why a lexicon or a file of hotwords cannot be used. Its description is one line: path, line, what was
/// expected, what was found, what to do.
public struct WordFileError: Error, Sendable, Hashable, CustomStringConvertible {
  public let path: String
  /// Counted from 1.
  public let line: Int
  public let expected: String
  public let found: String
  public let remedy: String

  init(path: String, line: Int, expected: String, found: String, remedy: String) {
    self.path = path
    self.line = line
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  public var description: String {
    "\(path): line \(line): expected \(expected), found \(found); \(remedy)"
  }
}

/// Text out of a file made safe for one line of a message.
func shown(_ text: some StringProtocol) -> String {
  var result = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == 60 { return "\"\(result)...\"" }
    let category = scalar.properties.generalCategory
    result += category == .control || category == .format ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return "\"\(result)\""
}
