/// A recursive-descent reader of RFC 8259, one pass, no backtracking.
///
/// Strings and numbers are in extensions, a file each.
struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let options: JSONOptions
  var index = 0
  private var depth = 0
  private var values = 0

  init(_ bytes: UnsafeRawBufferPointer, options: JSONOptions) {
    precondition(
      (1...1000).contains(options.depthLimit), "a depth limit is 1 to 1000, not \(options.depthLimit)")
    self.bytes = bytes
    self.options = options
  }

  /// One value with white space around it and nothing else.
  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.count > options.byteLimit {
      throw JSONError(.tooLarge(bytes: bytes.count, limit: options.byteLimit))
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw error("the text begins with a byte order mark; save it as UTF-8 without one")
    }
    skipWhiteSpace()
    let value = try value()
    skipWhiteSpace()
    guard index == bytes.count else { throw unexpected("the end of the text") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    values += 1
    if values > options.valueLimit { throw failure(.tooManyValues(limit: options.valueLimit)) }
    guard let byte = peek else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "N") where options.acceptsNonFiniteNumbers: return try literal("NaN", .number(.nan))
    case UInt8(ascii: "I") where options.acceptsNonFiniteNumbers:
      return try literal("Infinity", .number(.infinity))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    try enter()
    var object = JSONObject()
    skipWhiteSpace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return object
    }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
      let start = index
      let key = try string()
      skipWhiteSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("a colon after the key") }
      skipWhiteSpace()
      let value = try value()
      if let place = object.append(JSONObject.Member(key: key, value: value)) {
        if options.duplicateKeys == .refused { throw failure(.duplicateKey(key), at: start) }
        object.replace(at: place, with: value)
      }
      skipWhiteSpace()
      if take(UInt8(ascii: ",")) {
        skipWhiteSpace()
      } else if take(UInt8(ascii: "}")) {
        depth -= 1
        return object
      } else {
        throw unexpected("a comma or }")
      }
    }
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    try enter()
    var array: [JSONValue] = []
    skipWhiteSpace()
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return array
    }
    while true {
      array.append(try value())
      skipWhiteSpace()
      if take(UInt8(ascii: ",")) {
        skipWhiteSpace()
      } else if take(UInt8(ascii: "]")) {
        depth -= 1
        return array
      } else {
        throw unexpected("a comma or ]")
      }
    }
  }

  private mutating func enter() throws(JSONError) {
    if depth == options.depthLimit { throw failure(.tooDeep(limit: options.depthLimit)) }
    depth += 1
    index += 1
  }
}

extension JSONParser {
  var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  mutating func skipWhiteSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }

  mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for offset in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[offset] else { throw unexpected("\(word)") }
      index += 1
    }
    return value
  }

  func error(_ message: String) -> JSONError { failure(.syntax(message)) }

  func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek else { return error("expected \(expected), found the end of the text") }
    let found =
      switch byte {
      case 0x21...0x7E: String(UnicodeScalar(byte))
      case 0x20: "a space"
      case 0x80...: "a character that is not ASCII"
      default: "the control character \(byte)"
      }
    return error("expected \(expected), found \(found)")
  }

  /// An error at a byte, its line and column counted only now.
  func failure(_ reason: JSONError.Reason, at place: Int? = nil) -> JSONError {
    var line = 1
    var column = 1
    for byte in bytes[..<(place ?? index)] {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return JSONError(reason, line: line, column: column)
  }
}
