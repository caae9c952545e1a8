import JSON
import TestSupport
import Testing
import Vocabulary

/// What transformers' Wav2Vec2CTCTokenizer decoded, tokenizer by tokenizer (scripts/goldens/formats.py).
@Suite("Against transformers' tokenizer")
struct TokenizerGoldenTests {
  static let tokenizers = [
    "english", "english-processor", "lower-case", "clean-up", "brackets", "nested", "dash", "legacy",
  ]

  /// Merges equal neighbours and drops blanks; neighbours are equal when their tokens are, as transformers
  /// has it.
  private func collapsed(_ path: [Int], _ vocabulary: CTCVocabulary) -> [Int] {
    var labels: [Int] = []
    var last: String?
    for id in path {
      let token = vocabulary.token(id)
      if token != last && id != vocabulary.blank { labels.append(id) }
      last = token
    }
    return labels
  }

  private func withSingleSpaces(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }

  @Test("Every path decodes to the same text, but for runs of spaces", arguments: tokenizers)
  func decodes(_ name: String) throws {
    let cases = try JSONValue(contentsOf: golden("\(name)/cases.json"))
    let vocabulary = try CTCVocabulary(directory: golden(name), blank: cases["pad_token_id"]?.int)
    #expect(vocabulary.count == cases["length"]?.int)
    for item in cases["decode"]!.array! {
      let path = item["path"]!.array!.map { $0.int! }
      let labels = collapsed(path, vocabulary)
      #expect(vocabulary.text(ofCollapsed: labels) == withSingleSpaces(item["text"]!.string!), "\(path)")
      if name == "brackets" || name == "dash" { continue }  // Their words hold spaces and dashes.
      var words = item["words"]!.array!.map { $0.string! }
      if vocabulary.settings.lowercasesOutput { words = words.map { $0.lowercased() } }
      #expect(vocabulary.words(ofCollapsed: labels).map(\.text) == words, "\(path)")
    }
  }

  @Test("The files we write say the same to us as the files they were read from", arguments: tokenizers)
  func writesBack(_ name: String) throws {
    let vocabulary = try CTCVocabulary(directory: golden(name))
    let directory = TemporaryDirectory()
    let tokens = vocabulary.document
    var settings = vocabulary.settings
    if let language = settings.targetLanguage {
      directory.write(JSONValue.object([language: tokens]).utf8(.pretty), as: "vocab.json")
    } else {
      directory.write(tokens.utf8(.pretty), as: "vocab.json")
    }
    settings.addedTokens = settings.addedTokens.filter { $0.key >= vocabulary.baseCount }
    directory.write(settings.document.utf8(.pretty), as: "tokenizer_config.json")
    let again = try CTCVocabulary(directory: directory.path)
    #expect(again.tokens == vocabulary.tokens)
    #expect(again.blank == vocabulary.blank)
    #expect(again.settings == settings)
  }
}
