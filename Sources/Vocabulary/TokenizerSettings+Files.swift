import Glibc
import JSON

extension TokenizerSettings {
  /// Reads what a model directory says of its tokenizer, as transformers 5 does: `tokenizer_config.json`, or
  /// the `tokenizer` of a single `processor_config.json`. Without `added_tokens_decoder` in either, the older
  /// `special_tokens_map.json` is laid over it and `added_tokens.json` is read. A directory with none of
  /// these files has the defaults.
  public init(directory: String) throws(VocabularyError) {
    self.init()
    let directory = directory.hasSuffix("/") ? directory : directory + "/"
    var path = directory + "tokenizer_config.json"
    var configuration = try Self.object(at: path)
    if configuration == nil {
      path = directory + "processor_config.json"
      configuration = try Self.object(at: path)?["tokenizer"]?.object
    }
    var fields = SettingsFields(object: configuration ?? JSONObject(), path: path)
    try read(fields)
    if let decoder = configuration?["added_tokens_decoder"] {
      addedTokens = try Self.addedTokens(decoder: decoder, path: path)
      return
    }
    path = directory + "special_tokens_map.json"
    fields = SettingsFields(object: try Self.object(at: path) ?? JSONObject(), path: path)
    try readSpecialTokens(fields)
    path = directory + "added_tokens.json"
    for member in try Self.object(at: path)?.members ?? [] {
      guard let id = member.value.int, id >= 0 else {
        throw VocabularyError(
          .malformed, path: path, subject: member.key, expected: "a non-negative id",
          found: member.value.text())
      }
      try add(member.key, id, path: path)
    }
  }

  private mutating func read(_ fields: SettingsFields) throws(VocabularyError) {
    if let name = try fields.text("tokenizer_class"),
      !["Wav2Vec2CTCTokenizer", "Wav2Vec2Tokenizer"].contains(name)
    {
      throw VocabularyError(
        .unsupported, path: fields.path, subject: "tokenizer_class", expected: "Wav2Vec2CTCTokenizer",
        found: name,
        remedy: "only character tokenizers for CTC are supported")
    }
    try readSpecialTokens(fields)
    if fields.has("replace_word_delimiter_char") {
      wordDelimiterReplacement = try fields.text("replace_word_delimiter_char") ?? " "
    }
    lowercasesOutput = try fields.flag("do_lower_case") ?? lowercasesOutput
    cleansUpSpaces = try fields.flag("clean_up_tokenization_spaces") ?? cleansUpSpaces
    targetLanguage = try fields.text("target_lang")
  }

  private mutating func readSpecialTokens(_ fields: SettingsFields) throws(VocabularyError) {
    if fields.has("pad_token") { padToken = try fields.token("pad_token") }
    if fields.has("unk_token") { unknownToken = try fields.token("unk_token") }
    if fields.has("bos_token") { beginToken = try fields.token("bos_token") }
    if fields.has("eos_token") { endToken = try fields.token("eos_token") }
    if fields.has("word_delimiter_token") {
      wordDelimiterToken = try fields.token("word_delimiter_token")
    }
  }

  private mutating func add(_ token: String, _ id: Int, path: String) throws(VocabularyError) {
    if let other = addedTokens.updateValue(token, forKey: id) {
      throw VocabularyError(
        .duplicateID, path: path, subject: token, expected: "an id of its own",
        found: "\(id), which \(other) has")
    }
  }

  /// `added_tokens_decoder`: {"0": {"content": "<pad>", ...}, ...}
  private static func addedTokens(decoder: JSONValue, path: String) throws(VocabularyError) -> [Int: String] {
    var tokens: [Int: String] = [:]
    for member in decoder.object?.members ?? [] {
      guard let id = Int(member.key), id >= 0, let content = member.value["content"]?.string else {
        throw VocabularyError(
          .malformed, path: path, subject: "added_tokens_decoder.\(member.key)",
          expected: "an id with an object that has content", found: member.value.kindName)
      }
      tokens[id] = content
    }
    return tokens
  }

  /// The object in a file; nil when there is no such file.
  private static func object(at path: String) throws(VocabularyError) -> JSONObject? {
    guard access(path, F_OK) == 0 else { return nil }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(contentsOf: path)
    } catch {
      throw VocabularyError(error, path: path)
    }
    guard let object = value.object else {
      throw VocabularyError(.malformed, path: path, expected: "a JSON object", found: value.kindName)
    }
    return object
  }
}

/// Typed access to a settings file's members.
private struct SettingsFields {
  let object: JSONObject
  let path: String

  func has(_ key: String) -> Bool { object[key] != nil }

  func flag(_ key: String) throws(VocabularyError) -> Bool? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let flag = value.bool else { throw wrong(key, "true or false", value) }
    return flag
  }

  func text(_ key: String) throws(VocabularyError) -> String? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let text = value.string else { throw wrong(key, "a string", value) }
    return text
  }

  /// A token is a string or an object whose `content` is one.
  func token(_ key: String) throws(VocabularyError) -> String? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let text = value.string ?? value["content"]?.string else { throw wrong(key, "a token", value) }
    return text
  }

  private func wrong(_ key: String, _ expected: String, _ value: JSONValue) -> VocabularyError {
    VocabularyError(.malformed, path: path, subject: key, expected: expected, found: value.kindName)
  }
}
