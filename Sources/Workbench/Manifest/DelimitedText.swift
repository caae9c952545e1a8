/// Rows of fields between commas (RFC 4180) or tabs.
///
/// Between commas a field in quotation marks may hold commas, line breaks, and doubled quotation marks. Between
/// tabs a line is always a row, since texts there begin with a quotation mark that none ends; a field
/// that is quoted as a whole is read without the marks all the same.
struct DelimitedText {
  struct Row: Equatable {
    /// Where it begins, from 1.
    let line: Int
    var fields: [String]
  }

  /// Blank lines are passed over.
  private(set) var rows: [Row] = []

  private static let quote = UInt8(ascii: "\"")

  init(_ bytes: some Sequence<UInt8>, separator: UInt8) {
    let spansLines = separator != UInt8(ascii: "\t")
    var line = 1
    var begin = 1
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    func endField() {
      fields.append(Self.unquoted(field))
      field = []
    }
    func endRow() {
      if field.last == UInt8(ascii: "\r") { field.removeLast() }
      endField()
      if fields.contains(where: { !$0.isEmpty }) { rows.append(Row(line: begin, fields: fields)) }
      fields = []
    }
    for byte in bytes {
      switch byte {
      case Self.quote where spansLines && (isQuoted || field.isEmpty):
        // A doubled mark ends the quotation and begins it again.
        isQuoted.toggle()
        field.append(byte)
      case Self.quote where spansLines && field.first == Self.quote:
        isQuoted = true
        field.append(byte)
      case separator where !isQuoted:
        endField()
      case UInt8(ascii: "\n"):
        line += 1
        if isQuoted {
          field.append(byte)
        } else {
          endRow()
          begin = line
        }
      default:
        field.append(byte)
      }
    }
    if !field.isEmpty || !fields.isEmpty { endRow() }
  }

  /// What a field in quotation marks stands for; any other as it is.
  private static func unquoted(_ field: [UInt8]) -> String {
    let written = String(decoding: field, as: UTF8.self)
    guard field.count >= 2, field.first == quote, field.last == quote else { return written }
    var inner: [UInt8] = []
    var isHalf = false
    for byte in field.dropFirst().dropLast() {
      if byte == quote, !isHalf {
        isHalf = true
        continue
      }
      // A mark that is not doubled: the marks around are the text's own.
      if isHalf, byte != quote { return written }
      isHalf = false
      inner.append(byte)
    }
    return isHalf ? written : String(decoding: inner, as: UTF8.self)
  }
}
