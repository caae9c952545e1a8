import JSON

/// Why a checkpoint, or an array file, cannot be read or written.
///
/// Its `description` is one line: path, tensor or field, what was expected, what was found, what to do.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of trouble it is, for programs; people read the description.
  public enum Kind: Sendable, Hashable {
    case unreadable
    case unwritable
    case truncated
    case headerTooLong
    case malformedHeader
    case duplicateName
    case unsupportedDataType
    case invalidShape
    case sizeMismatch
    case offsetsOutOfRange
    case overlap
    case hole
    case missingTensor
    case unexpectedTensor
    case shapeMismatch
    case missingShard
    case unsafeFileName
    case unsupportedFormat
  }

  public let kind: Kind
  public let path: String
  /// The tensor or field it is about; empty when it is the file as a whole.
  public let subject: String
  public let expected: String
  public let found: String
  public let remedy: String

  public init(
    _ kind: Kind, path: String, subject: String = "", expected: String, found: String,
    remedy: String = ""
  ) {
    self.kind = kind
    self.path = path
    self.subject = subject
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  public var description: String {
    var line = printable(path, limit: 4096)
    if !subject.isEmpty { line += ": \(printable(subject))" }
    line += ": expected \(printable(expected)), found \(printable(found))"
    if !remedy.isEmpty { line += "; \(printable(remedy))" }
    return line
  }
}

extension CheckpointError {
  /// A JSON error inside a checkpoint's file.
  init(_ error: JSONError, path: String, subject: String, expected: String, remedy: String = "") {
    let kind: Kind =
      switch error.reason {
      case .duplicateKey: .duplicateName
      case .unreadable: .unreadable
      case .tooLarge: .headerTooLong
      default: .malformedHeader
      }
    var placeless = error
    placeless.path = nil
    self.init(
      kind, path: path, subject: subject, expected: expected, found: placeless.description, remedy: remedy)
  }

  /// The remedy for a file that was written well and then damaged.
  static let fetchAgain = "copy or download the file again"
}

/// Text out of a file made safe for one line of a message: control characters escaped, length bounded.
private func printable(_ text: String, limit: Int = 300) -> String {
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    count += 1
    if count > limit { return result + "..." }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format:
      result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
