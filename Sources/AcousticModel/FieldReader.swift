import JSON

/// Typed access to the fields of a JSON object, with errors that name file and field.
struct FieldReader {
  let path: String
  let object: JSONObject

  init(path: String, _ value: JSONValue) throws(ConfigurationError) {
    guard let object = value.object else {
      throw ConfigurationError(
        path: path, field: "the file", reason: "a JSON object was expected, not \(value.kindName)")
    }
    self.path = path
    self.object = object
  }

  /// Reads `path`, of at most 16 MB.
  init(contentsOf path: String) throws {
    var options = JSONOptions.python
    options.byteLimit = 16 << 20
    try self.init(path: path, JSONValue(contentsOf: path, options: options))
  }

  func error(_ field: String, _ reason: String) -> ConfigurationError {
    ConfigurationError(path: path, field: field, reason: reason)
  }

  /// The field's value; nil where it is absent or null.
  func value(_ field: String) -> JSONValue? {
    guard let value = object[field], !value.isNull else { return nil }
    return value
  }

  func bool(_ field: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
    guard let value = value(field) else { return fallback }
    guard let bool = value.bool else { throw mismatch(field, value, "true or false") }
    return bool
  }

  func int(_ field: String, default fallback: Int, in range: ClosedRange<Int>) throws(ConfigurationError)
    -> Int
  {
    guard let value = value(field) else { return fallback }
    guard let int = value.int, range.contains(int) else {
      throw mismatch(field, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return int
  }

  func ints(_ field: String, default fallback: [Int], in range: ClosedRange<Int>) throws(ConfigurationError)
    -> [Int]
  {
    guard let value = value(field) else { return fallback }
    let ints = value.array?.compactMap { $0.int.flatMap { range.contains($0) ? $0 : nil } }
    guard let ints, ints.count == value.array?.count else {
      throw mismatch(field, value, "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return ints
  }

  func float(_ field: String, default fallback: Float) throws(ConfigurationError) -> Float {
    guard let value = value(field) else { return fallback }
    guard let double = value.double, double.isFinite, double > 0 else {
      throw mismatch(field, value, "a number above 0")
    }
    return Float(double)
  }

  func string(_ field: String) throws(ConfigurationError) -> String? {
    guard let value = value(field) else { return nil }
    guard let string = value.string else { throw mismatch(field, value, "a string") }
    return string
  }

  private func mismatch(_ field: String, _ value: JSONValue, _ expected: String) -> ConfigurationError {
    let found: String =
      switch value {
      case .string(let string): "\"\(string.prefix(60))\""
      case .bool(let bool): "\(bool)"
      case .integer(let integer): "\(integer)"
      case .number(let number): "\(number)"
      default: value.kindName
      }
    return error(field, "expected \(expected), found \(found)")
  }
}
