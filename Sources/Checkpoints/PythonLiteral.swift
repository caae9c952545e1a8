/// Reads the one Python literal a `.npy` file holds: a dictionary of `descr`, `fortran_order` and `shape`,
/// each exactly once, in any order.
struct PythonLiteral {
  struct Fields {
    var description: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  mutating func dictionary() throws(CheckpointError) -> Fields {
    var description: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string("a key")
      try expect(":")
      switch key {
      case "descr" where description == nil:
        skipSpaces()
        if peek == UInt8(ascii: "[") { throw error("descr", "one element type", "a structured type") }
        description = try string("descr")
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      case "descr", "fortran_order", "shape": throw error(key, "it once", "it twice")
      default: throw error("header", "descr, fortran_order and shape", key)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    if index < bytes.count { throw error("header", "nothing after the dictionary", found) }
    guard let description, let isFortranOrder, let shape else {
      throw error("header", "descr, fortran_order and shape", "not all of them")
    }
    return Fields(description: description, isFortranOrder: isFortranOrder, shape: shape)
  }

  private mutating func string(_ what: String) throws(CheckpointError) -> String {
    skipSpaces()
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("header", "\(what) in quotation marks", found)
    }
    index += 1
    let start = index
    while let byte = peek, byte != quote {
      guard (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") else {
        throw error("header", "plain ASCII in \(what)", "the byte \(byte)")
      }
      index += 1
    }
    guard peek == quote else { throw error("header", "a closing quotation mark", found) }
    index += 1
    return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
  }

  private mutating func boolean() throws(CheckpointError) -> Bool {
    skipSpaces()
    for (word, value) in [("True", true), ("False", false)] where bytes[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    throw error("fortran_order", "True or False", found)
  }

  private mutating func tuple() throws(CheckpointError) -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !take(")") {
      extents.append(try extent())
      if extents.count > 64 { throw error("shape", "at most 64 extents", "more") }
      if take(",") { continue }
      // A tuple of one has a comma: (3) is a number.
      if extents.count == 1 { throw error("shape", "a comma after the only extent", found) }
      try expect(")")
      break
    }
    return extents
  }

  private mutating func extent() throws(CheckpointError) -> Int {
    skipSpaces()
    var value = 0
    let start = index
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (product, carried) = value.multipliedReportingOverflow(by: 10)
      let (sum, carriedAgain) = product.addingReportingOverflow(Int(byte - 0x30))
      if carried || carriedAgain { throw error("shape", "an extent of 63 bits", "a larger one") }
      value = sum
      index += 1
    }
    if index == start { throw error("shape", "a non-negative integer", found) }
    return value
  }

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private var found: String { peek.map { "the byte \($0)" } ?? "the end of the header" }

  private mutating func skipSpaces() {
    while let byte = peek, byte == 0x20 || byte == 0x0A { index += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard peek == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
    if !take(character) { throw error("header", "\(character)", found) }
  }

  private func error(_ subject: String, _ expected: String, _ found: String) -> CheckpointError {
    CheckpointError(
      .malformedHeader, path: path, subject: subject, expected: expected, found: found,
      remedy: "write the file with numpy.save")
  }
}
