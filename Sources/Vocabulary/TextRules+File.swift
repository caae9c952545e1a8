public import JSON

extension TextRules {
  /// Reads a `rules.json`:
  ///
  ///     {"language": "fr", "case": "lower", "digits": "keep", "digit_words": ["zéro", ...],
  ///      "keep": "'", "keep_between_letters": "-", "replace": {"&": " et ", "ñ": "n"}}
  ///
  /// Every field may be left out; a field of another name is refused. Replacements are put in the case and
  /// the normalisation form of the text they meet.
  public init(path: String) throws(VocabularyError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(contentsOf: path)
    } catch {
      throw VocabularyError(error, path: path)
    }
    try self.init(value, path: path)
  }

  /// Like the other, from a document that is already read; `path` names it in errors.
  public init(_ value: JSONValue, path: String = "") throws(VocabularyError) {
    self.init()
    guard let object = value.object else {
      throw VocabularyError(
        .malformed, path: path, expected: "an object of text rules", found: value.kindName)
    }
    var written: [Replacement] = []
    for member in object.members {
      let field = RulesField(key: member.key, value: member.value, path: path)
      switch member.key {
      case "language": language = try field.text()
      case "case": letterCase = try field.choice()
      case "digits": digits = try field.choice()
      case "digit_words": digitWords = try field.words(count: 10)
      case "keep": keptPunctuation = try field.text()
      case "keep_between_letters": punctuationKeptBetweenLetters = try field.text()
      case "replace": written = try field.replacements()
      default: throw field.error("a field of text rules", "no such field")
      }
    }
    if digits == .spell && digitWords.isEmpty {
      throw VocabularyError(
        .malformed, path: path, subject: "digits", expected: "digit_words beside \"spell\"", found: "none",
        remedy: "list the words for 0 to 9")
    }
    replacements = written.map {
      Replacement(cased($0.old).inNormalizationFormC, cased($0.new).inNormalizationFormC)
    }
  }
}

/// One member of a rules file.
private struct RulesField {
  let key: String
  let value: JSONValue
  let path: String

  func text() throws(VocabularyError) -> String {
    guard let text = value.string else { throw error("a string", value.kindName) }
    return text
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(VocabularyError) -> Choice {
    let text = try text()
    guard let choice = Choice(rawValue: text) else {
      throw error(Choice.allCases.map(\.rawValue).joined(separator: " or "), text)
    }
    return choice
  }

  func words(count: Int) throws(VocabularyError) -> [String] {
    let words = value.array?.compactMap(\.string) ?? []
    guard words.count == count, value.array?.count == count else {
      throw error("\(count) words", value.array.map { "\($0.count) values" } ?? value.kindName)
    }
    return words
  }

  func replacements() throws(VocabularyError) -> [TextRules.Replacement] {
    guard let object = value.object else { throw error("an object of strings", value.kindName) }
    var replacements: [TextRules.Replacement] = []
    for member in object.members {
      guard let new = member.value.string, !member.key.isEmpty else {
        throw error("strings, none of them empty on the left", "\(member.key): \(member.value.kindName)")
      }
      replacements.append(TextRules.Replacement(member.key, new))
    }
    return replacements
  }

  func error(_ expected: String, _ found: String) -> VocabularyError {
    VocabularyError(.malformed, path: path, subject: key, expected: expected, found: found)
  }
}
