import LanguageModel
public import Vocabulary

extension Lexicon {
  /// A lexicon of the form of flashlight's: a word a line, spelled as the tokenizer does, or
  /// `word<TAB>t o k e n s |`, spelled by these tokens. A word may stand in several lines. Plain text or
  /// gzip.
  ///
  /// - Parameter foldsCase: words without tokens of their own are tried in upper and lower case, too.
  /// - Throws: `WordFileError` naming the line of a word that the vocabulary cannot spell, of a token it has
  ///   not, or that is not UTF-8; `LanguageModelError` if the file cannot be read.
  public init(path: String, vocabulary: CTCVocabulary, foldsCase: Bool = false) throws {
    var words: [String] = []
    var indices: [String: Int] = [:]
    var spellings: [(word: Int, tokens: [Int])] = []
    var lines = try TextLines(path: path)
    var last = 0
    while try lines.next({ bytes, number in
      last = number
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw WordFileError(
          path: path, line: number, expected: "UTF-8", found: "other bytes", remedy: "save the file as UTF-8")
      }
      guard let (word, tokens) = try spelled(line, number, path, vocabulary, foldsCase) else { return }
      let index = indices[word] ?? words.count
      if index == words.count {
        words.append(word)
        indices[word] = index
      }
      spellings.append((index, tokens))
    }) {}
    guard !words.isEmpty else {
      throw WordFileError(
        path: path, line: max(1, last), expected: "words, one a line", found: "none",
        remedy: "name a file with at least one word")
    }
    self.init(words: words, spellings: spellings)
  }
}

/// A line's word and its labels; nil for a line without a word.
private func spelled(
  _ line: String, _ number: Int, _ path: String, _ vocabulary: CTCVocabulary, _ foldsCase: Bool
) throws -> (word: String, tokens: [Int])? {
  let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
  let word = parts[0].split(whereSeparator: \.isWhitespace).joined(separator: " ")
  if parts.count == 1 {
    if word.isEmpty { return nil }
    do {
      var tokens = try vocabulary.spelling(of: word, foldsCase: foldsCase)
      if let delimiter = vocabulary.wordSeparator { tokens.append(delimiter) }
      return (word, tokens)
    } catch {
      throw WordFileError(
        path: path, line: number, expected: "characters of the vocabulary",
        found: "\(shown(word)) with \(error.found)",
        remedy:
          "spell it by tokens behind a tab, take it out, or write it in the vocabulary's case (case=fold)")
    }
  }
  let names = parts[1].split(whereSeparator: \.isWhitespace)
  guard !word.isEmpty, !names.isEmpty else {
    throw WordFileError(
      path: path, line: number, expected: "word<TAB>t o k e n s", found: shown(line),
      remedy: "give a word and at least one token")
  }
  let tokens = try names.map { name in
    guard let id = vocabulary.id(of: String(name)), id != vocabulary.blank else {
      throw WordFileError(
        path: path, line: number, expected: "tokens of the vocabulary", found: shown(name),
        remedy: "spell \(shown(word)) by tokens of the model's vocab.json other than the blank")
    }
    return id
  }
  return (word, tokens)
}
