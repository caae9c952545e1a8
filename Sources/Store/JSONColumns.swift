import GRDB
import JSON

extension Row {
  /// A column of JSON text: null where there is none, the bare text where a hand has spoilt it.
  func json(_ column: String) -> JSONValue {
    guard let text: String = self[column] else { return .null }
    return (try? JSONValue(parsing: text, options: .python)) ?? .string(text)
  }

  func id(_ kind: RecordID.Kind, _ column: String) -> RecordID? {
    (self[column] as Int64?).map { RecordID(kind, $0) }
  }
}

extension JSONValue {
  init(_ text: String?) { self = text.map { .string($0) } ?? .null }
  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
  init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
  init(_ id: RecordID?) { self = id.map { .string($0.description) } ?? .null }
}
