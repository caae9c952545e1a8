public import JSON

/// The tokens of a CTC model: what each output class means, and how labels become text and text labels.
///
/// Letters: V is the number of classes of the model; a label is an id below V that is not the blank.
public struct CTCVocabulary: Sendable {
  /// By id: the entries of `vocab.json`, then the tokens added to it.
  public let tokens: [String]
  /// The entries of `vocab.json` alone.
  public let baseCount: Int
  /// The id of the blank, `pad_token`.
  public let blank: Int
  /// The id of the token between words; nil when the vocabulary has none.
  public let delimiter: Int?
  /// The id of the unknown token; nil when the vocabulary has none.
  public let unknown: Int?
  public let settings: TokenizerSettings
  let encoder: TokenEncoder
  private let ids: [ExactString: Int]

  public var count: Int { tokens.count }

  /// The id of a token, compared byte for byte.
  public func id(of token: String) -> Int? { ids[ExactString(token)] }

  /// The token of an id; ids beyond the vocabulary are the unknown token, as in transformers.
  public func token(_ id: Int) -> String {
    tokens.indices.contains(id) ? tokens[id] : settings.unknownToken ?? ""
  }

  /// A vocabulary of these tokens, by id, with the settings' special tokens.
  ///
  /// Special tokens that are not among them take the ids after them; the blank must be among them or among
  /// the settings' added tokens.
  public init(tokens base: [String], settings: TokenizerSettings = TokenizerSettings())
    throws(VocabularyError)
  {
    try self.init(base: base, settings: settings, path: "", addsMissingTokens: true)
  }

  init(
    base: [String], settings: TokenizerSettings, path: String, addsMissingTokens: Bool, isNested: Bool = false
  ) throws(VocabularyError) {
    var ids: [ExactString: Int] = [:]
    var tokens = base
    for (id, token) in base.enumerated() {
      if let first = ids.updateValue(id, forKey: ExactString(token)) {
        throw VocabularyError(
          .malformed, path: path, subject: token, expected: "each token once",
          found: "it at \(first) and \(id)")
      }
    }
    // Where vocab.json has an id already, its token stands. The added tokens of a vocabulary nested by
    // language belong to the language it was saved in and need not fit another.
    for (id, token) in settings.addedTokens.sorted(by: { $0.key < $1.key }) where id >= base.count {
      guard id == tokens.count else {
        if isNested { break }
        throw VocabularyError(
          .gap, path: path, subject: token, expected: "\(tokens.count) as the next added token's id",
          found: "\(id)",
          remedy: "number the added tokens without gaps")
      }
      tokens.append(token)
      if ids[ExactString(token)] == nil { ids[ExactString(token)] = id }
    }
    guard let pad = settings.padToken, let blank = ids[ExactString(pad)] else {
      throw VocabularyError(
        .missingBlank, path: path, subject: "pad_token",
        expected: "a token of the vocabulary, for the CTC blank",
        found: settings.padToken.map { "\($0), which it has not" } ?? "none",
        remedy: "name the blank's token (pad_token, or --blank for a vocabulary alone)")
    }
    if addsMissingTokens {
      for token in settings.specialTokens where ids[ExactString(token)] == nil {
        ids[ExactString(token)] = tokens.count
        tokens.append(token)
      }
    }
    func id(_ token: String?) -> Int? { token.flatMap { ids[ExactString($0)] } }
    self.tokens = tokens
    self.ids = ids
    self.blank = blank
    self.settings = settings
    baseCount = base.count
    delimiter = id(settings.wordDelimiterToken)
    unknown = id(settings.unknownToken)
    let special = Set(settings.specialTokens.compactMap { id($0) })
    encoder = TokenEncoder(base: base, excluding: special)
  }

  /// The contents of a `vocab.json` with these tokens.
  public var document: JSONValue {
    .object(JSONObject(tokens[..<baseCount].enumerated().map { .init(key: $1, value: .integer(Int64($0))) }))
  }

  /// Refuses a model whose classes this vocabulary cannot name.
  ///
  /// A model may have as many classes as `vocab.json` has entries, or more, up to the tokens added to it and
  /// beyond (transformers decodes those as the unknown token). `exactly` refuses the last: right for
  /// emissions that come with nothing but a vocabulary.
  public func checkFits(classes: Int, exactly: Bool = false) throws(VocabularyError) {
    if classes >= baseCount && !(exactly && classes > count) { return }
    throw VocabularyError(
      .classCount, subject: "vocabulary", expected: "\(classes) tokens, one a class",
      found: baseCount == count ? "\(count)" : "\(baseCount) and \(count - baseCount) added",
      remedy: "use the vocabulary the model was trained with")
  }
}
