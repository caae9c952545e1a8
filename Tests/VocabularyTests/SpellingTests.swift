import TestSupport
import Testing
import Vocabulary

@Suite struct `How a word is spelled in a vocabulary` {
  private let english: CTCVocabulary
  init() throws {
    english = try CTCVocabulary(
      tokens: ["<pad>", "<s>", "</s>", "<unk>", "|"] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ'".map { String($0) })
  }

  /// Labels as their tokens, what is unknown in brackets, what is silent in parentheses.
  private func spelled(_ word: String, _ vocabulary: CTCVocabulary) -> String {
    vocabulary.spelling(of: word).map { part in
      switch part.sound {
      case .label(let label): vocabulary.token(label)
      case .unknown: "[\(part.text)]"
      case .silent: "(\(part.text))"
      }
    }.joined()
  }

  @Test(arguments: [
    ("HELLO", "HELLO"), ("Hello,", "HELLO(,)"), ("\"don\u{2019}t!\"", "(\")DON'T(!)(\")"), ("1984", "[1984]"),
    ("1,000", "[1,000]"), ("B2B", "B[2]B"), ("10%", "[10%]"), ("co-op", "CO(-)OP"), ("straße", "STRASSE"),
    ("naïve", "NA[ï]VE"), ("nai\u{308}ve", "NA[ï]VE"), ("мир", "[мир]"), ("—", "(—)"), ("R&B", "R[&]B"),
    ("3.5x", "[3.5]X"), ("<pad>", "[<]PAD[>]"),
  ])
  func `labels, wildcards and what is not said`(word: String, expected: String) {
    // Composed or not, ï is one letter that English has not; taken apart, its i would be said as I.
    let expected = word.unicodeScalars.contains("\u{308}") ? "NAI(\u{308})VE" : expected
    #expect(spelled(word, english) == expected)
  }

  @Test func `a word is composed where the vocabulary has the letter composed`() throws {
    let german = try CTCVocabulary(tokens: ["<pad>", "|", "f", "ü", "r"])
    #expect(spelled("fu\u{308}r", german) == "für")
    #expect(spelled("FÜR", german) == "für")
  }

  @Test func `the text of all parts is the word`() {
    for word in ["Hello,", "1,000", "don\u{2019}t", "straße", "(R&B)"] {
      #expect(english.spelling(of: word).map(\.text).joined() == word)
    }
  }

  @Test func `a tokenizer that puts text in upper case is obeyed`() throws {
    var settings = TokenizerSettings()
    settings.lowercasesOutput = true
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "|", "A", "B"], settings: settings)
    #expect(vocabulary.spelling(of: "ab").map(\.sound) == [.label(2), .label(3)])
  }
}
