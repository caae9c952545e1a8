import JSON

extension CTCVocabulary {
  /// The vocabulary of a model directory: `vocab.json` and what stands beside it; see `TokenizerSettings`.
  ///
  /// - Parameters:
  ///   - language: for a vocabulary nested by language (MMS); nil for the `target_lang` of its tokenizer.
  ///   - blank: the `pad_token_id` of `config.json`. If it is not the id of the tokenizer's `pad_token`, loss
  ///     and decoding disagree about what a blank is, and the directory is refused.
  public init(directory: String, language: String? = nil, blank: Int? = nil) throws(VocabularyError) {
    var settings = try TokenizerSettings(directory: directory)
    if let language { settings.targetLanguage = language }
    let path = (directory.hasSuffix("/") ? directory : directory + "/") + "vocab.json"
    let file = try VocabularyFile(path: path, language: settings.targetLanguage)
    try self.init(
      base: file.tokens, settings: settings, path: path, addsMissingTokens: true, isNested: file.isNested)
    if let blank, blank != self.blank {
      throw VocabularyError(
        .blankMismatch, path: path, subject: "blank",
        expected: "the same in config.json and tokenizer",
        found: "pad_token_id \(blank) (\(token(blank))) and pad_token \(token(self.blank)) (\(self.blank))",
        remedy: "correct pad_token_id in config.json or pad_token in tokenizer_config.json")
    }
  }

  /// A `vocab.json` alone, for emissions that another program made: the blank is `<pad>` unless another token
  /// is named, and `|`, if present, the space. No tokens are added.
  public init(file path: String, blankToken: String? = nil, language: String? = nil) throws(VocabularyError) {
    var settings = TokenizerSettings()
    if let blankToken { settings.padToken = blankToken }
    settings.targetLanguage = language
    let file = try VocabularyFile(path: path, language: language)
    try self.init(base: file.tokens, settings: settings, path: path, addsMissingTokens: false)
  }

  /// The vocabulary of the characters (Unicode scalars) of these texts: the five special tokens in the order
  /// of the published English checkpoints, then the characters in code-point order. White space is the
  /// delimiter.
  public init(charactersOf texts: some Sequence<String>) {
    var scalars: Set<Unicode.Scalar> = []
    for text in texts {
      for scalar in text.unicodeScalars where !isSpace(scalar) { scalars.insert(scalar) }
    }
    scalars.remove("|")
    // These tokens are distinct and hold the blank, so nothing can fail.
    try! self.init(tokens: ["<pad>", "<s>", "</s>", "<unk>", "|"] + scalars.sorted().map { String($0) })
  }
}
