import AcousticModel
public import JSON
public import Vocabulary

/// The `config.json` of a model that is trained: the source's fields, in their order and with what Warbler
/// does not read among them, and those that training changes.
public struct ModelDocument: Sendable, Equatable {
  public private(set) var fields: JSONObject

  /// Reads a `config.json`; `ModelConfiguration` says whether it can be used.
  public init(contentsOf path: String) throws {
    let value = try JSONValue(contentsOf: path, options: .python)
    guard let object = value.object else {
      throw ConfigurationError(
        path: path, field: "the file", reason: "a JSON object was expected, not \(value.kindName)")
    }
    self.init(object)
  }

  public init(_ fields: JSONObject) { self.fields = fields }

  /// `initializer_range`, or transformers' default.
  public var initializerRange: Double { fields["initializer_range"]?.double ?? 0.02 }

  /// Whether transformers builds a mask embedding for this configuration.
  public var masks: Bool {
    ["mask_time_prob": 0.05, "mask_feature_prob": 0].contains { name, fallback in
      fields[name]?.double ?? fallback > 0
    }
  }

  /// Sets a field, by transformers' name: dropouts and masks as they were trained with.
  public mutating func set(_ field: String, to value: JSONValue) { fields[field] = value }

  /// Sets the fields that follow from a vocabulary.
  public mutating func set(_ vocabulary: CTCVocabulary) {
    func id(_ token: String?) -> JSONValue {
      token.flatMap(vocabulary.id).map { .integer(Int64($0)) } ?? .null
    }
    fields["vocab_size"] = .integer(Int64(vocabulary.count))
    fields["pad_token_id"] = .integer(Int64(vocabulary.blank))
    fields["bos_token_id"] = id(vocabulary.settings.beginToken)
    fields["eos_token_id"] = id(vocabulary.settings.endToken)
  }

  /// What is written beside the weights of `configuration`: the class that loads them, its classes and blank,
  /// and that they are float32.
  func written(for configuration: ModelConfiguration) -> JSONValue {
    var fields = fields
    fields["architectures"] = [.string(configuration.architecture.rawValue)]
    fields["model_type"] = .string(configuration.architecture.modelType)
    fields["vocab_size"] = .integer(Int64(configuration.vocabularySize))
    fields["pad_token_id"] = .integer(Int64(configuration.blank))
    // transformers 4 says torch_dtype.
    fields[fields["torch_dtype"] == nil ? "dtype" : "torch_dtype"] = "float32"
    return .object(fields)
  }
}
