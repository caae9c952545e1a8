public import JSON
public import Vocabulary

/// What is done to both texts before they are compared. It is part of a result, and recorded with it.
///
/// Whatever the rules, texts are brought to Unicode's form NFC.
public struct ScoringRules: Sendable {
  /// `none`, `basic`, or what the rules were read from.
  public let name: String
  /// All that they say.
  public let document: JSONValue
  private let change: (@Sendable (String) -> String)?

  /// Texts are compared as they are written.
  public static let none = ScoringRules(name: "none", document: .null, change: nil)

  /// Case and punctuation make no difference: all is lower case; punctuation becomes a space, but for apostrophes
  /// that touch a letter and what is read aloud (%, &, @, #, §). No letter loses its accent.
  public static let basic: ScoringRules = {
    var rules = TextRules()
    rules.letterCase = .lower
    return ScoringRules(rules, name: "basic")
  }()

  /// The rules of a language, as in `Vocab/`.
  public init(_ rules: TextRules, name: String) {
    self.init(name: name, document: rules.document) { rules.apply($0) }
  }

  /// Rules of any kind.
  /// - Parameter document: what a reader of the result is told of them.
  public init(name: String, document: JSONValue, change: (@Sendable (String) -> String)?) {
    self.name = name
    self.document = document
    self.change = change
  }

  public func apply(_ text: String) -> String { change?(text) ?? text }
}

extension TextRules {
  /// The rules as their file says them.
  public var document: JSONValue {
    var replace = JSONObject()
    for replacement in replacements { replace[replacement.old] = .string(replacement.new) }
    return [
      "language": .string(language), "case": .string(letterCase.rawValue), "digits": .string(digits.rawValue),
      "digit_words": .array(digitWords.map { .string($0) }), "keep": .string(keptPunctuation),
      "keep_between_letters": .string(punctuationKeptBetweenLetters), "replace": .object(replace),
    ]
  }
}
