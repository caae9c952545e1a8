import JSON

/// Why a vocabulary, its settings or its text rules cannot be used, or a text cannot be written in it.
///
/// Its `description` is one line: path, entry or field, what was expected, what was found, what to do.
public struct VocabularyError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    case unreadable
    case malformed
    /// An id below the number of entries belongs to no token.
    case gap
    case duplicateID
    case missingBlank
    /// The model's blank is not the tokenizer's.
    case blankMismatch
    case unknownLanguage
    case unsupported
    /// The model has another number of classes.
    case classCount
    /// The text has characters that the vocabulary has not; they are in `characters`.
    case unencodable
  }

  public let kind: Kind
  /// Empty when no file is involved.
  public let path: String
  public let subject: String
  public let expected: String
  public let found: String
  public let remedy: String
  /// The characters that could not be encoded, each once, in the order of the text.
  public var characters: [String] = []

  init(
    _ kind: Kind, path: String = "", subject: String = "", expected: String, found: String,
    remedy: String = ""
  ) {
    self.kind = kind
    self.path = path
    self.subject = subject
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  init(_ error: JSONError, path: String) {
    var placeless = error
    placeless.path = nil
    let kind: Kind = if case .unreadable = error.reason { .unreadable } else { .malformed }
    self.init(
      kind, path: path, expected: "a JSON file", found: placeless.description,
      remedy: kind == .unreadable ? "check the path" : "")
  }

  public var description: String {
    let place = [path, subject].filter { !$0.isEmpty }.map { printable($0) }.joined(separator: ": ")
    var line = place.isEmpty ? "" : place + ": "
    line += "expected \(printable(expected)), found \(printable(found))"
    if !remedy.isEmpty { line += "; \(printable(remedy))" }
    return line
  }
}

/// Text made safe for one line of a message.
private func printable(_ text: String) -> String {
  var result = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == 400 { return result + "..." }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A scalar as a message shows it: `é (U+00E9)`.
func shown(_ scalar: Unicode.Scalar) -> String {
  let hex = String(scalar.value, radix: 16, uppercase: true)
  return "\(scalar) (U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex))"
}
