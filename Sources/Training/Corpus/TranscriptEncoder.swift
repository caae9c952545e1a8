public import Vocabulary

/// Transcripts to labels: text rules, then the vocabulary.
public struct TranscriptEncoder: Sendable {
  /// Nil where it is not known yet: each character is then a label.
  public let vocabulary: CTCVocabulary?
  /// Nil leaves texts as they are, but for the case of their letters.
  public let rules: TextRules?
  /// What puts letters in the vocabulary's case where no rules do.
  private let letterCase: TextRules.LetterCase

  public init(vocabulary: CTCVocabulary?, rules: TextRules? = nil) {
    self.vocabulary = vocabulary
    self.rules = rules
    let letters = vocabulary?.tokens.filter { $0.unicodeScalars.count == 1 } ?? []
    let hasUpper = letters.contains { $0.lowercased() != $0 }
    let hasLower = letters.contains { $0.uppercased() != $0 }
    if vocabulary?.settings.lowercasesOutput == true {
      letterCase = .lower
    } else {
      letterCase = rules != nil || hasUpper == hasLower ? .keep : hasUpper ? .upper : .lower
    }
  }

  /// The text as decoding would give it: what is encoded, and what hypotheses are compared with.
  public func prepared(_ text: String) -> String {
    let text = rules?.apply(text) ?? text
    switch letterCase {
    case .upper: return text.uppercased()
    case .lower: return text.lowercased()
    case .keep: return text
    }
  }

  /// The labels of a prepared text.
  /// - Throws: an error that names the characters that the vocabulary has not.
  public func labels(ofPrepared text: String) throws(VocabularyError) -> [Int] {
    if let vocabulary { return try vocabulary.encode(text) }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ").unicodeScalars.map {
      Int($0.value)
    }
  }
}
