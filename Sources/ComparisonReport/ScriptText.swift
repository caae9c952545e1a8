import JSON

extension JSONValue {
  /// The document as UTF-8 that can stand in an HTML script element and in an editor.
  ///
  /// Inside strings, which is the only place where they can be, these are written as `\uXXXX`: `<`, `>` and
  /// `&`, so that no text ends the element or opens a comment; and the characters that format or separate
  /// lines and change the direction of text without being seen (Unicode's Cf, Zl, Zp).
  var scriptText: [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text().unicodeScalars {
      if scalar.isHarmless {
        bytes.append(contentsOf: UTF8.encode(scalar)!)
      } else {
        for unit in UTF16.encode(scalar)! {
          let digits = String(unit, radix: 16)
          bytes.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
        }
      }
    }
    return bytes
  }
}

extension Unicode.Scalar {
  fileprivate var isHarmless: Bool {
    if isASCII { return self != "<" && self != ">" && self != "&" }
    switch properties.generalCategory {
    case .format, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }
}
