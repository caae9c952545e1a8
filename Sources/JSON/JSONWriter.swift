/// How a document is laid out.
public enum JSONLayout: Sendable, Hashable {
  /// One line, with no space that is not in a string: `{"a":[1,2]}`.
  case compact
  /// One line, with a space after each colon and comma, as Python's json writes: `{"a": [1, 2]}`.
  case spaced
  /// A member or element a line, two spaces a level.
  case pretty
}

/// How a number that JSON cannot write (infinite, or not a number) is written.
public enum JSONNonFinite: Sendable, Hashable {
  /// `null`, as JavaScript does. It reads back as no number.
  case null
  /// `NaN`, `Infinity`, `-Infinity`, which Python reads and standard readers refuse.
  case pythonLiterals
}

extension JSONValue {
  /// The document as text, without a newline at its end.
  ///
  /// The same value gives the same bytes always. Doubles take the fewest digits that read back to the same
  /// bits and keep a point or an exponent, so that they read back as doubles. Nothing but `"`, `\` and
  /// control characters is escaped.
  public func text(_ layout: JSONLayout = .compact, nonFinite: JSONNonFinite = .null) -> String {
    String(decoding: utf8(layout, nonFinite: nonFinite), as: UTF8.self)
  }

  /// The document as UTF-8, without a newline at its end.
  public func utf8(_ layout: JSONLayout = .compact, nonFinite: JSONNonFinite = .null) -> [UInt8] {
    var writer = JSONWriter(layout: layout, nonFinite: nonFinite)
    writer.write(self)
    return writer.bytes
  }
}

private struct JSONWriter {
  let layout: JSONLayout
  let nonFinite: JSONNonFinite
  var bytes: [UInt8] = []
  var level = 0

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(value.description)
    case .number(let value): write(value)
    case .string(let value): write(value)
    case .array(let values):
      enclosed("[", "]", values) { $0.write($1) }
    case .object(let object):
      enclosed("{", "}", object.members) { writer, member in
        writer.write(member.key)
        writer.append(writer.layout == .compact ? ":" : ": ")
        writer.write(member.value)
      }
    }
  }

  private mutating func enclosed<Element>(
    _ open: String, _ close: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    level += 1
    for (place, element) in elements.enumerated() {
      if place > 0 { append(layout == .spaced ? ", " : ",") }
      newLine()
      body(&self, element)
    }
    level -= 1
    if !elements.isEmpty { newLine() }
    append(close)
  }

  private mutating func newLine() {
    guard layout == .pretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func write(_ value: Double) {
    if value.isFinite { return append(value.description) }
    switch nonFinite {
    case .null: append("null")
    case .pythonLiterals: append(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    }
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case ..<0x20:
        append("\\u00")
        bytes.append(hexDigit(byte >> 4))
        bytes.append(hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x57 }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
