/// Why a text is not the JSON that was asked for, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Reason: Sendable, Hashable {
    /// The text breaks the grammar; the string says how.
    case syntax(String)
    case duplicateKey(String)
    case invalidUTF8
    /// A number too large for a double.
    case numberOutOfRange
    case tooDeep(limit: Int)
    case tooLarge(bytes: Int, limit: Int)
    case tooManyValues(limit: Int)
    /// The file could not be read; the string is the system's reason.
    case unreadable(String)
  }

  public let reason: Reason
  /// Of the first byte that cannot be part of the document, counted from 1; columns are Unicode scalars.
  /// Both are 0 when the text was never looked at.
  public let line: Int
  public let column: Int
  /// The file it came from, if it came from one.
  public var path: String?

  init(_ reason: Reason, line: Int = 0, column: Int = 0, path: String? = nil) {
    self.reason = reason
    self.line = line
    self.column = column
    self.path = path
  }

  /// One line: `vocab.json:3:14: expected a colon after the key, found }`.
  public var description: String {
    var place = path.map { "\($0):" } ?? ""
    if line > 0 { place += "\(line):\(column):" }
    return place.isEmpty ? reason.text : place + " " + reason.text
  }
}

extension JSONError.Reason {
  var text: String {
    switch self {
    case .syntax(let message): message
    case .duplicateKey(let key): "the key \(shown(key)) occurs twice in one object"
    case .invalidUTF8: "the text is not valid UTF-8"
    case .numberOutOfRange: "the number is too large for a double"
    case .tooDeep(let limit): "arrays and objects are nested more than \(limit) deep"
    case .tooLarge(let bytes, let limit): "the text has \(bytes) bytes, more than the limit of \(limit)"
    case .tooManyValues(let limit): "the text holds more than \(limit) values"
    case .unreadable(let reason): reason
    }
  }

  /// A key as JSON would write it, cut to a length that fits a message.
  private func shown(_ key: String) -> String {
    JSONValue.string(key.count > 60 ? key.prefix(60) + "..." : key).text()
  }
}
