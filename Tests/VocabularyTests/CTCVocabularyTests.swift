import JSON
import TestSupport
import Testing
import Vocabulary

@Suite("CTC vocabularies")
struct CTCVocabularyTests {
  private static let special = ["<pad>", "<s>", "</s>", "<unk>", "|"]
  private let small = try! CTCVocabulary(tokens: special + ["a", "b", "sch", "s", "c", "h", "'"])

  /// The error of loading a directory of these files.
  private func refusal(
    _ files: [String: String], language: String? = nil, blank: Int? = nil
  ) -> VocabularyError? {
    let directory = TemporaryDirectory()
    for (name, text) in files { directory.write(Array(text.utf8), as: name) }
    do throws(VocabularyError) {
      _ = try CTCVocabulary(directory: directory.path, language: language, blank: blank)
      return nil
    } catch {
      return error
    }
  }

  @Test("Labels become text: delimiters are spaces, runs of them one, none at the ends")
  func decodesByHand() {
    #expect(small.text(ofCollapsed: [4, 5, 6, 4, 4, 5, 0, 11, 8, 4]) == "ab a's")
    #expect(small.text(ofCollapsed: []) == "")
    #expect(small.text(ofCollapsed: [4, 4]) == "")
    #expect(small.text(ofCollapsed: [1, 5, 3, 99, 2]) == "<s>a<unk><unk></s>")
  }

  @Test("Words know the labels they came from")
  func words() {
    let words = small.words(ofCollapsed: [4, 5, 6, 4, 4, 7, 0, 5, 4])
    #expect(words == [LabelledWord(text: "ab", labels: 1..<3), LabelledWord(text: "scha", labels: 5..<8)])
    #expect(small.words(ofCollapsed: [4, 0, 4]).isEmpty)
  }

  @Test("Words joined with spaces are the text, whatever the labels")
  func wordsAreText() {
    var random = Seeded(23)
    for _ in 0..<2000 {
      let labels = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        Int.random(in: 0...13, using: &random)
      }
      let words = small.words(ofCollapsed: labels)
      #expect(words.map(\.text).joined(separator: " ") == small.text(ofCollapsed: labels))
    }
  }

  @Test("Text becomes labels: the longest token first, one delimiter between words")
  func encodes() throws {
    #expect(try small.encode("  ab\tschs\n cha ") == [5, 6, 4, 7, 8, 4, 9, 10, 5])
    #expect(try small.encode("") == [])
    #expect(small.text(ofCollapsed: try small.encode("a'b sch")) == "a'b sch")
  }

  @Test("Characters that the vocabulary lacks are named, each once; special tokens are no text")
  func unencodable() {
    #expect { try small.encode("aéb Éé|<pad>") } throws: { error in
      guard let error = error as? VocabularyError else { return false }
      return error.kind == .unencodable && error.characters == ["é", "É", "|", "<", "p", "d", ">"]
        && error.description.hasPrefix(
          "\"aéb Éé|<pad>\": expected characters of the vocabulary, found é (U+00E9), É (U+00C9), | (U+007C), "
        )
    }
    let undivided = try! CTCVocabulary(tokens: ["<pad>", "a"], settings: TokenizerSettings())
    #expect(undivided.count == 6)  // The special tokens that it lacks take the ids after it.
    #expect(throws: Never.self) { try undivided.encode("a a") }
  }

  @Test("A tokenizer that lower-cases what it decodes upper-cases what it encodes")
  func caseFolding() throws {
    var settings = TokenizerSettings()
    settings.lowercasesOutput = true
    let vocabulary = try CTCVocabulary(tokens: Self.special + ["A", "Ä"], settings: settings)
    #expect(try vocabulary.encode("aÄ ä") == [5, 6, 4, 6])
    #expect(vocabulary.text(ofCollapsed: [5, 6, 4, 6]) == "aä ä")
    #expect(vocabulary.words(ofCollapsed: [5, 6])[0].text == "aä")
  }

  @Test(
    "Ids with a gap, twice, negative or not whole are refused, naming the token",
    arguments: [
      (
        #"{"<pad>":0,"a":2}"#, VocabularyError.Kind.gap,
        "a: expected ids 0 to 1 without a gap, found 2, and no token for 1"
      ),
      (#"{"<pad>":0,"a":1,"b":1}"#, .duplicateID, "b: expected an id of its own, found 1, which a has"),
      (#"{"<pad>":0,"a":9223372036854775807}"#, .gap, "found 9223372036854775807"),
      (#"{"<pad>":0,"a":-1}"#, .malformed, "a: expected a non-negative integer id, found -1"),
      (#"{"<pad>":0,"a":1.0}"#, .malformed, "found 1.0"),
      (#"{"<pad>":0,"a":"1"}"#, .malformed, "found \"1\""),
      (#"{"<pad>":0,"a":1,"a":2}"#, .malformed, "the key \"a\" occurs twice"),
      ("{}", .malformed, "found an empty one"),
      ("[]", .malformed, "found an array"), ("{", .malformed, "1:2:"),
      (#"{"a":0}"#, .missingBlank, "found <pad>, which it has not"),
    ])
  func malformed(_ json: String, _ kind: VocabularyError.Kind, _ text: String) {
    let error = refusal(["vocab.json": json])
    #expect(error?.kind == kind)
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    #expect(error?.path.hasSuffix("/vocab.json") == true)
  }

  @Test("A vocabulary nested by language needs one that it has; one that is not nested wants none")
  func languages() {
    let nested = #"{"eng":{"<pad>":0,"a":1},"deu":{"<pad>":0,"ä":1}}"#
    #expect(
      refusal(["vocab.json": nested])?.description.contains("name one with --language: deu, eng") == true)
    #expect(refusal(["vocab.json": nested], language: "fra")?.kind == .unknownLanguage)
    #expect(refusal(["vocab.json": nested], language: "deu") == nil)
    #expect(refusal(["vocab.json": nested, "tokenizer_config.json": #"{"target_lang":"eng"}"#]) == nil)
    #expect(refusal(["vocab.json": #"{"<pad>":0}"#], language: "deu")?.kind == .unknownLanguage)
  }

  @Test("A blank that differs between model and tokenizer is refused, naming both")
  func blanks() {
    let vocab = #"{"<pad>":0,"[PAD]":1,"a":2}"#
    #expect(refusal(["vocab.json": vocab], blank: 0) == nil)
    #expect(
      refusal(["vocab.json": vocab, "tokenizer_config.json": #"{"pad_token":"[PAD]"}"#], blank: 0)?
        .description.contains(
          "found pad_token_id 0 (<pad>) and pad_token [PAD] (1)") == true)
  }

  @Test(
    "A tokenizer of another kind, or with a field of another type, is refused by name",
    arguments: [
      (
        #"{"tokenizer_class":"Wav2Vec2PhonemeCTCTokenizer"}"#,
        "tokenizer_class: expected Wav2Vec2CTCTokenizer"
      ),
      (#"{"do_lower_case":"yes"}"#, "do_lower_case: expected true or false, found a string"),
      (#"{"pad_token":7}"#, "pad_token: expected a token, found an integer"),
      (#"{"pad_token":null}"#, "pad_token: expected"),
      (#"{"added_tokens_decoder":{"x":{"content":"y"}}}"#, "added_tokens_decoder.x"),
      (
        #"{"added_tokens_decoder":{"9":{"content":"y"}}}"#,
        "y: expected 1 as the next added token's id, found 9"
      ),
      ("[]", "tokenizer_config.json: expected a JSON object"),
    ])
  func settings(_ json: String, _ text: String) {
    let error = refusal(["vocab.json": #"{"<pad>":0}"#, "tokenizer_config.json": json])
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
  }

  @Test("The single processor file of transformers 5 may hold the tokenizer's settings")
  func processorFile() {
    let files = [
      "vocab.json": #"{"[P]":0}"#, "processor_config.json": #"{"tokenizer":{"pad_token":{"content":"[P]"}}}"#,
    ]
    #expect(refusal(files) == nil)
  }

  @Test("A bare vocabulary has the blank <pad> unless told otherwise, and gains no tokens")
  func bare() throws {
    let directory = TemporaryDirectory()
    let path = directory.write(Array(#"{"a":0,"<pad>":1,"[PAD]":2}"#.utf8), as: "v.json")
    let vocabulary = try CTCVocabulary(file: path)
    #expect(vocabulary.blank == 1 && vocabulary.count == 3 && vocabulary.delimiter == nil)
    #expect(try CTCVocabulary(file: path, blankToken: "[PAD]").blank == 2)
    #expect { try CTCVocabulary(file: path, blankToken: "x") } throws: {
      ($0 as? VocabularyError)?.kind == .missingBlank
    }
    #expect { try vocabulary.encode("a a") } throws: { "\($0)".contains("found a space (no word delimiter)") }
    #expect(throws: VocabularyError.self) { try vocabulary.checkFits(classes: 2) }
    #expect(throws: Never.self) { try vocabulary.checkFits(classes: 4) }
    #expect { try vocabulary.checkFits(classes: 4, exactly: true) } throws: {
      "\($0)".contains("vocabulary: expected 4 tokens, one a class, found 3")
    }
  }

  @Test("A vocabulary made of texts has their characters after the special tokens")
  func ofTexts() throws {
    let vocabulary = CTCVocabulary(charactersOf: ["ba a|", "ñ'", "b\nc"])
    #expect(vocabulary.tokens == Self.special + ["'", "a", "b", "c", "ñ"])
    #expect(vocabulary.text(ofCollapsed: try vocabulary.encode("abc ñ")) == "abc ñ")
  }

  @Test("Tokens that differ in bytes alone are different tokens")
  func exactTokens() throws {
    let vocabulary = try CTCVocabulary(tokens: Self.special + ["\u{E9}", "e", "\u{301}"])
    #expect(try vocabulary.encode("\u{E9}") == [5])
    #expect(try vocabulary.encode("e\u{301}") == [6, 7])
  }
}
