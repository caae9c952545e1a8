/// A word of decoded text and the labels it came from.
public struct LabelledWord: Sendable, Hashable {
  public let text: String
  /// Places in the collapsed label sequence, without the delimiters around the word.
  public let labels: Range<Int>

  public init(text: String, labels: Range<Int>) {
    self.text = text
    self.labels = labels
  }
}

extension CTCVocabulary {
  /// The words of collapsed labels, split at the delimiter and at tokens that are nothing but white space.
  ///
  /// Joined with spaces they are `text(ofCollapsed:)`, unless the tokenizer cleans up spaces, replaces the
  /// delimiter by something else, or has tokens with white space inside.
  /// - Complexity: linear in the labels.
  public func words(ofCollapsed labels: [Int]) -> [LabelledWord] {
    var words: [LabelledWord] = []
    var text = ""
    var begin: Int?
    var end = 0
    func finish() {
      guard let first = begin else { return }
      let word = settings.lowercasesOutput ? text.lowercased() : text
      words.append(LabelledWord(text: word, labels: first..<end))
      begin = nil
      text = ""
    }
    for (place, label) in labels.enumerated() where label != blank {
      if separatesWords(label) {
        finish()
      } else {
        begin = begin ?? place
        end = place + 1
        text += token(label)
      }
    }
    finish()
    return words
  }

  /// The label that a text's spaces are spelled with: the delimiter, or a token that is a space.
  public var wordSeparator: Int? { delimiter ?? id(of: " ") }

  /// Whether a label stands between words.
  public func separatesWords(_ label: Int) -> Bool {
    label == delimiter || token(label).unicodeScalars.allSatisfy(isSpace)
  }
}
