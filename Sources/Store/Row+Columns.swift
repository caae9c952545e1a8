import GRDB
import JSON

/// Columns of rows that may come out of a damaged file: what has another type than its column throws, and
/// does not end the process as GRDB's subscripts do.
extension Row {
  func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    guard let value: Value = try optional(column) else { throw unexpected(column) }
    return value
  }

  /// nil for NULL.
  func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
    let stored: DatabaseValue = self[column]
    if stored.isNull { return nil }
    guard let value = Value.fromDatabaseValue(stored) else { throw unexpected(column) }
    return value
  }

  /// A column of JSON text: null where there is none, the bare text where a hand has spoilt it.
  func json(_ column: String) throws -> JSONValue {
    guard let text: String = try optional(column) else { return .null }
    return (try? JSONValue(parsing: text, options: .python)) ?? .string(text)
  }

  func id(_ kind: RecordID.Kind, _ column: String) throws -> RecordID? {
    let number: Int64? = try optional(column)
    return number.map { RecordID(kind, $0) }
  }

  private func unexpected(_ column: String) -> DatabaseError {
    DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a value of \(column) cannot be")
  }
}

extension JSONValue {
  init(_ text: String?) { self = text.map { .string($0) } ?? .null }
  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
  init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
  init(_ id: RecordID?) { self = id.map { .string($0.description) } ?? .null }
}
