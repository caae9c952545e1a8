/// Why a language model cannot be read, written or used.
///
/// Its `description` is one line: path, line, what was expected, what was found, what to do.
public struct LanguageModelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of trouble it is, for programs; people read the description.
  public enum Kind: Sendable, Hashable {
    case unreadable
    case unwritable
    /// Neither ARPA, nor gzip'd ARPA, nor Warbler's binary form of this version.
    case unsupportedFormat
    case truncated
    /// A line that is not of the form, or out of place.
    case malformed
    /// Another number of n-grams than the header says.
    case wrongCount
    case duplicate
    /// A word, context or marker that is needed is not there.
    case missing
    /// A probability above 1, NaN or infinity.
    case invalidNumber
    /// More than the tables can index.
    case tooLarge
    /// Bytes that are not what was written.
    case damaged
    /// Too little text, or of too even counts, to estimate a model from.
    case unfit
    /// Asked to stop.
    case stopped
  }

  public let kind: Kind
  public let path: String
  /// Counted from 1; nil when it is the file as a whole.
  public let line: Int?
  public let expected: String
  public let found: String
  public let remedy: String

  public init(
    _ kind: Kind, path: String, line: Int? = nil, expected: String, found: String, remedy: String = ""
  ) {
    self.kind = kind
    self.path = path
    self.line = line
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  public var description: String {
    var text = printable(path, limit: 4096)
    if let line { text += ": line \(line)" }
    text += ": expected \(printable(expected)), found \(printable(found))"
    if !remedy.isEmpty { text += "; \(printable(remedy))" }
    return text
  }

  static func unreadable(
    _ path: String, _ code: String, remedy: String = "check the path and its permissions"
  )
    -> LanguageModelError
  {
    LanguageModelError(
      .unreadable, path: path, expected: "a file that can be read", found: code, remedy: remedy)
  }

  /// The remedy for a file that was written well and then damaged.
  static let fetchAgain = "copy or download the file again"
}

/// Text out of a file made safe for one line of a message: control characters escaped, length bounded.
private func printable(_ text: String, limit: Int = 300) -> String {
  var result = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == limit { return result + "..." }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
