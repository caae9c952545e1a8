extension JSONParser {
  /// The string whose opening quotation mark is next.
  ///
  /// A string without escapes is one copy. Lone surrogates are refused: no Unicode text can hold them.
  mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    var seen: UInt8 = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        let text = try text(start..<index, isASCII: seen < 0x80)
        index += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw controlCharacter(byte) }
      seen |= byte
      index += 1
    }
    throw unterminated(start)
  }

  /// The slow way, from the first escape on.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = try text(start..<index, isASCII: false)
    while true {
      let begin = index
      while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        if byte < 0x20 { throw controlCharacter(byte) }
        index += 1
      }
      if begin < index { text += try self.text(begin..<index, isASCII: false) }
      guard let byte = peek else { throw unterminated(start) }
      index += 1
      if byte == UInt8(ascii: "\"") { return text }
      text.unicodeScalars.append(try escape())
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = peek else { throw unexpected("an escape") }
    let scalar: Unicode.Scalar
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = Unicode.Scalar(byte)
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "u"):
      index += 1
      return try unicodeEscape()
    default: throw unexpected("one of \"\\/bfnrtu after a backslash")
    }
    index += 1
    return scalar
  }

  /// Four hexadecimal digits, or twice four with `\u` between them for a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let start = index
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw loneSurrogate(start)
    }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw loneSurrogate(start) }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch peek {
      case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - 0x30
      case let byte? where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte): digit = byte - 0x57
      case let byte? where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte): digit = byte - 0x37
      default: throw unexpected("four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }

  private func text(_ range: Range<Int>, isASCII: Bool) throws(JSONError) -> String {
    let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
    if isASCII { return String(decoding: slice, as: UTF8.self) }
    if let text = String(validating: slice, as: UTF8.self) { return text }
    throw failure(.invalidUTF8, at: range.lowerBound + validPrefix(slice))
  }

  /// The number of bytes before the first ill-formed sequence.
  private func validPrefix(_ bytes: UnsafeRawBufferPointer) -> Int {
    var low = 0
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      low += UTF8.width(scalar)
    }
    return low
  }

  private func controlCharacter(_ byte: UInt8) -> JSONError {
    error("a string holds the control character \(byte) unescaped")
  }

  private func loneSurrogate(_ place: Int) -> JSONError {
    failure(.syntax("half a surrogate pair, which is no character"), at: place)
  }

  private func unterminated(_ start: Int) -> JSONError {
    failure(.syntax("a string is not closed"), at: start - 1)
  }
}
