/// How transcripts are written before they are encoded: case, punctuation, digits, foreign letters.
///
/// The rules bring writing and speech together and no further. What would be spoken but has no single reading
/// (digits unless told otherwise, `€`, `§`) is left as it is, so that encoding names it instead of training
/// on a text that omits it.
public struct TextRules: Sendable, Hashable {
  public enum LetterCase: String, Sendable, Hashable, CaseIterable {
    case upper, lower, keep
  }

  public enum Digits: String, Sendable, Hashable, CaseIterable {
    /// Digits stay; a vocabulary without them refuses the text.
    case keep
    /// Each digit becomes its word: right for digit strings, wrong for 42 read as forty-two.
    case spell
  }

  public struct Replacement: Sendable, Hashable {
    public var old: String
    public var new: String

    public init(_ old: String, _ new: String) {
      self.old = old
      self.new = new
    }
  }

  /// A BCP 47 tag, for people.
  public var language = ""
  public var letterCase = LetterCase.keep
  public var digits = Digits.keep
  /// The words for 0 to 9, or none.
  public var digitWords: [String] = []
  /// Punctuation that stays where it touches a letter: the apostrophe of "don't", "l'homme", "boys'".
  public var keptPunctuation = "'"
  /// Punctuation that stays between two letters: the hyphen of "peut-être", "кто-то".
  public var punctuationKeptBetweenLetters = ""
  /// Applied after the case has been set, and written in that case by the reader; longer ones first.
  public var replacements: [Replacement] = []

  public init() {}

  /// The text by these rules, in this order: case; Unicode NFC; one apostrophe, one hyphen, no invisible
  /// characters; replacements; digits; punctuation; single spaces, none at the ends.
  ///
  /// Applying them twice changes nothing more, unless the replacements themselves do.
  public func apply(_ text: String) -> String {
    var scalars = unified(cased(text).inNormalizationFormC)
    if !replacements.isEmpty { scalars = replaced(scalars) }
    if digits == .spell { scalars = spelled(scalars) }
    return joinedWords(withoutPunctuation(scalars))
  }

  func cased(_ text: String) -> String {
    switch letterCase {
    case .upper: text.uppercased()
    case .lower: text.lowercased()
    case .keep: text
    }
  }

  /// The replacement that fits, the longest first, from left to right.
  private func replaced(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let table = replacements.map { (Array($0.old.unicodeScalars), Array($0.new.unicodeScalars)) }
      .filter { !$0.0.isEmpty }.sorted { $0.0.count > $1.0.count }
    var byFirst: [Unicode.Scalar: [([Unicode.Scalar], [Unicode.Scalar])]] = [:]
    for entry in table { byFirst[entry.0[0], default: []].append(entry) }
    var result: [Unicode.Scalar] = []
    var place = 0
    while place < scalars.count {
      if let (old, new) = byFirst[scalars[place]]?.first(where: { scalars[place...].starts(with: $0.0) }) {
        result += new
        place += old.count
      } else {
        result.append(scalars[place])
        place += 1
      }
    }
    return result
  }

  private func spelled(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard digitWords.count == 10 else { return scalars }
    return scalars.flatMap { scalar in
      guard scalar.properties.generalCategory == .decimalNumber, let value = scalar.properties.numericValue
      else {
        return [scalar]
      }
      return Array(" \(cased(digitWords[Int(value)])) ".unicodeScalars)
    }
  }
}
