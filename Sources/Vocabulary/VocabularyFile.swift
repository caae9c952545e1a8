import JSON

/// A `vocab.json`: token to id, or language to token to id.
struct VocabularyFile {
  /// By id; the ids were exactly 0 ..< count.
  let tokens: [String]
  /// Whether it was nested by language.
  let isNested: Bool

  init(path: String, language: String?) throws(VocabularyError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(contentsOf: path)
    } catch {
      throw VocabularyError(error, path: path)
    }
    try self.init(value, path: path, language: language)
  }

  init(_ value: JSONValue, path: String, language: String?) throws(VocabularyError) {
    guard let root = value.object, !root.isEmpty else {
      throw VocabularyError(
        .malformed, path: path, expected: "an object of tokens and ids",
        found: value.object == nil ? value.kindName : "an empty one")
    }
    isNested = root.members.contains { $0.value.object != nil }
    guard isNested else {
      if let language {
        throw VocabularyError(
          .unknownLanguage, path: path, subject: language, expected: "a vocabulary nested by language",
          found: "a single one", remedy: "leave the language out")
      }
      tokens = try Self.tokens(root, path: path, language: nil)
      return
    }
    guard let language else {
      throw VocabularyError(
        .unknownLanguage, path: path, expected: "a language, because this vocabulary is nested by language",
        found: "none", remedy: "name one with --language: \(Self.some(root.keys))")
    }
    guard let nested = root[language]?.object else {
      throw VocabularyError(
        .unknownLanguage, path: path, subject: language, expected: "one of \(Self.some(root.keys))",
        found: root[language]?.kindName ?? "no such language", remedy: "choose another --language")
    }
    tokens = try Self.tokens(nested, path: path, language: language)
  }

  private static func tokens(_ object: JSONObject, path: String, language: String?) throws(VocabularyError)
    -> [String]
  {
    func named(_ token: String) -> String { language.map { "\($0).\(token)" } ?? token }
    var tokens = [String?](repeating: nil, count: object.count)
    var outside: (token: String, id: Int)?
    for member in object.members {
      guard let id = member.value.int, id >= 0 else {
        throw VocabularyError(
          .malformed, path: path, subject: named(member.key), expected: "a non-negative integer id",
          found: member.value.object == nil ? member.value.text() : member.value.kindName)
      }
      guard id < tokens.count else {
        outside = outside ?? (member.key, id)
        continue
      }
      if let other = tokens[id] {
        throw VocabularyError(
          .duplicateID, path: path, subject: named(member.key), expected: "an id of its own",
          found: "\(id), which \(other) has")
      }
      tokens[id] = member.key
    }
    // Ids that are all different and below the count fill it; so a gap below means an id above.
    if let outside {
      let gap = tokens.firstIndex(of: nil) ?? tokens.count
      throw VocabularyError(
        .gap, path: path, subject: named(outside.token),
        expected: "ids 0 to \(tokens.count - 1) without a gap",
        found: "\(outside.id), and no token for \(gap)", remedy: "number the tokens without gaps")
    }
    return tokens.compactMap(\.self)
  }

  private static func some(_ names: [String]) -> String {
    names.sorted().prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ... (\(names.count))" : "")
  }
}
