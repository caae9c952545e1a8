import LanguageModel
public import Vocabulary

extension Hotwords {
  /// Phrases of a file: `phrase<TAB>weight` a line, the weight in nats. Phrases are spelled as the tokenizer
  /// does. Lines that are empty or begin with `#` and hold no tab are passed over.
  ///
  /// - Parameter foldsCase: phrases that cannot be spelled as written are tried in upper and lower case.
  /// - Throws: `WordFileError` naming the line of a phrase that the vocabulary cannot spell or of a weight
  ///   that is no finite number; `LanguageModelError` if the file cannot be read.
  public init(path: String, vocabulary: CTCVocabulary, foldsCase: Bool = false) throws {
    var phrases: [Phrase] = []
    var lines = try TextLines(path: path)
    while try lines.next({ bytes, number in
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw WordFileError(
          path: path, line: number, expected: "UTF-8", found: "other bytes", remedy: "save the file as UTF-8")
      }
      if line.allSatisfy(\.isWhitespace) || (line.hasPrefix("#") && !line.contains("\t")) { return }
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 2, let weight = Double(parts[1].filter { $0 != " " }), weight.isFinite else {
        throw WordFileError(
          path: path, line: number, expected: "phrase<TAB>weight, a finite number of nats",
          found: shown(line),
          remedy: "write one phrase, one tab and one number")
      }
      let text = parts[0].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      do {
        let labels = try vocabulary.spelling(of: text, foldsCase: foldsCase)
        guard !labels.isEmpty else {
          throw WordFileError(
            path: path, line: number, expected: "a phrase before the tab", found: shown(line),
            remedy: "write one phrase, one tab and one number")
        }
        phrases.append(Phrase(text: text, labels: labels, weight: weight))
      } catch let error as VocabularyError {
        throw WordFileError(
          path: path, line: number, expected: "characters of the vocabulary",
          found: "\(shown(text)) with \(error.found)",
          remedy: "write the phrase as the model would (case=fold for another case), or take it out")
      }
    }) {}
    self.init(phrases, delimiter: vocabulary.wordSeparator, vocabularySize: vocabulary.count)
  }
}
