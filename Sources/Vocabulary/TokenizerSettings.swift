public import JSON

/// What stands beside `vocab.json`: which tokens are special, and how decoded text is finished.
///
/// The defaults are those of transformers' `Wav2Vec2CTCTokenizer`.
public struct TokenizerSettings: Sendable, Hashable {
  /// The CTC blank.
  public var padToken: String? = "<pad>"
  public var unknownToken: String? = "<unk>"
  public var beginToken: String? = "<s>"
  public var endToken: String? = "</s>"
  public var wordDelimiterToken: String? = "|"
  /// What the delimiter becomes in text.
  public var wordDelimiterReplacement = " "
  /// `do_lower_case`: text is put in upper case before it is encoded and in lower case after it is decoded.
  public var lowercasesOutput = false
  /// `clean_up_tokenization_spaces`: English punctuation and clitics are joined to the word before them.
  public var cleansUpSpaces = false
  /// `target_lang` of a vocabulary nested by language.
  public var targetLanguage: String?
  /// Tokens that are not in `vocab.json`, by id.
  public var addedTokens: [Int: String] = [:]

  public init() {}

  /// The special tokens in the order in which transformers gives ids to those the vocabulary lacks.
  var specialTokens: [String] {
    [beginToken, endToken, unknownToken, padToken, wordDelimiterToken].compactMap(\.self)
  }

  /// The contents of a `tokenizer_config.json` that says the same.
  public var document: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    var object: JSONObject = [
      "bos_token": text(beginToken), "clean_up_tokenization_spaces": .bool(cleansUpSpaces),
      "do_lower_case": .bool(lowercasesOutput), "eos_token": text(endToken), "pad_token": text(padToken),
      "processor_class": "Wav2Vec2Processor",
      "replace_word_delimiter_char": .string(wordDelimiterReplacement), "target_lang": text(targetLanguage),
      "tokenizer_class": "Wav2Vec2CTCTokenizer", "unk_token": text(unknownToken),
      "word_delimiter_token": text(wordDelimiterToken),
    ]
    if !addedTokens.isEmpty {
      var decoder = JSONObject()
      for (id, token) in addedTokens.sorted(by: { $0.key < $1.key }) {
        decoder["\(id)"] = [
          "content": .string(token), "lstrip": false, "normalized": false, "rstrip": false,
          "single_word": false,
          "special": .bool(specialTokens.contains { ExactString($0) == ExactString(token) }),
        ]
      }
      object["added_tokens_decoder"] = .object(decoder)
    }
    return .object(object)
  }
}
