/// A reference of which parts may be said in several ways or left out.
///
/// In sclite's notation `{ a / b c / @ }` is "a", "b c" or nothing, and may stand within another; `(word)` may be
/// left out. What is chosen is the reading with the cheapest alignment.
struct ReferenceGraph {
  struct Word: Equatable {
    enum Kind {
      case plain
      /// May be left out.
      case optional
      /// Nothing is said: `@`.
      case null
    }

    let text: String
    let kind: Kind
  }

  /// Ways to say a part, one of which is taken; most parts are one word with one way. None is empty: where
  /// nothing is said, or the rules leave nothing of what is, there is a null.
  let parts: [[[Word]]]

  /// Readings of a part up to which it is accepted: alternatives within alternatives multiply.
  static let mostReadings = 4096

  /// Whether it is plain words, one after the other.
  var isPlain: Bool { parts.allSatisfy { $0.count == 1 && $0[0].allSatisfy { $0.kind == .plain } } }

  /// Whether a text can hold anything but plain words.
  static func mayBeNeeded(for text: String) -> Bool {
    func isMark(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "{") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "@")
    }
    return text.utf8.withContiguousStorageIfAvailable { $0.contains(where: isMark) }
      ?? text.utf8.contains(where: isMark)
  }

  /// - Parameter words: the words of a piece of text, by the rules of scoring.
  /// - Throws: what is wrong with the notation.
  init(parsing text: String, words: (String) -> [String]) throws(Fault) {
    parts = try Self.parts(of: Substring(text).unicodeScalars, words)
  }

  struct Fault: Error {
    let description: String
  }

  private typealias Scalars = Substring.UnicodeScalarView

  private static func parts(of text: Scalars, _ words: (String) -> [String]) throws(Fault) -> [[[Word]]] {
    var parts: [[[Word]]] = []
    var plain = Substring.UnicodeScalarView()
    func flush() {
      guard !plain.isEmpty else { return }
      parts += words(String(plain)).map { [[Word(text: $0, kind: .plain)]] }
      plain.removeAll()
    }
    var rest = text
    while true {
      rest = rest.drop { $0.properties.isWhitespace }
      guard let first = rest.first else { break }
      if first == "{" {
        flush()
        let (inner, behind) = try braced(rest)
        parts.append(try readings(of: inner, words))
        rest = behind
        continue
      }
      let token = rest.prefix { !$0.properties.isWhitespace }
      rest = rest[token.endIndex...]
      if token.contains("{") {
        throw Fault(description: "expected { at the beginning of a word, found \"\(String(token))\"")
      }
      if token.elementsEqual("@".unicodeScalars) {
        flush()
        parts.append([[Word(text: "@", kind: .null)]])
      } else if first == "(", token.last == ")", token.count > 2 {
        flush()
        parts += words(String(token.dropFirst().dropLast())).map { [[Word(text: $0, kind: .optional)]] }
      } else {
        plain.append(" ")
        plain.append(contentsOf: token)
      }
    }
    flush()
    return parts
  }

  /// What stands between a brace and the one that closes it, and what stands behind that.
  private static func braced(_ text: Scalars) throws(Fault) -> (inner: Scalars, behind: Scalars) {
    var depth = 0
    for index in text.indices {
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" { depth -= 1 }
      if depth == 0 {
        return (text[..<index].dropFirst(), text[index...].dropFirst())
      }
    }
    throw Fault(description: "expected a } for each {, found none for \"\(String(text.prefix(40)))\"")
  }

  /// The ways to say what stands between braces: those of its alternatives, each written out.
  private static func readings(of inner: Scalars, _ words: (String) -> [String]) throws(Fault) -> [[Word]] {
    var readings: [[Word]] = []
    for alternative in alternatives(of: inner) {
      if alternative.allSatisfy(\.properties.isWhitespace) {
        throw Fault(
          description:
            "expected words or @ between slashes, found nothing in \"{\(String(inner.prefix(40)))}\"")
      }
      var sequences: [[Word]] = [[]]
      for part in try parts(of: alternative, words) {
        sequences = sequences.flatMap { before in part.map { before + $0 } }
        guard sequences.count <= mostReadings else { break }
      }
      readings += sequences.map { $0.isEmpty ? [Word(text: "@", kind: .null)] : $0 }
      guard readings.count <= mostReadings else {
        throw Fault(
          description:
            "expected at most \(mostReadings) readings of one { }, found more in \"\(String(inner.prefix(40)))\""
        )
      }
    }
    return readings
  }

  /// Split at the slashes that are within no further braces.
  private static func alternatives(of inner: Scalars) -> [Scalars] {
    var alternatives: [Scalars] = []
    var depth = 0
    var start = inner.startIndex
    for index in inner.indices {
      switch inner[index] {
      case "{": depth += 1
      case "}": depth -= 1
      case "/" where depth == 0:
        alternatives.append(inner[start..<index])
        start = inner.index(after: index)
      default: break
      }
    }
    return alternatives + [inner[start...]]
  }
}
