public import AcousticModel
import Checkpoints
public import JSON
public import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// What stands beside a model's weights for transformers' `Wav2Vec2Processor`: `vocab.json`,
/// `tokenizer_config.json`, and the feature extractor both as `preprocessor_config.json` and inside the
/// `processor_config.json` that transformers 5 writes.
///
/// The vocabulary of a model of many languages is written as that of its one language: nothing in the files
/// then names a language.
public struct ProcessorFiles: Sendable {
  public let vocabulary: CTCVocabulary
  /// The members of `preprocessor_config.json`.
  public private(set) var featureExtractor: JSONObject

  /// The feature extractor of the models that `configuration` describes: normalisation on, 16 kHz, and a mask
  /// of what is padding where the convolutions are normed by layer, as with the published checkpoints.
  public init(_ vocabulary: CTCVocabulary, for configuration: ModelConfiguration) {
    self.vocabulary = vocabulary
    featureExtractor = Self.featureExtractor(for: configuration)
  }

  /// The members of such a feature extractor's `preprocessor_config.json`.
  public static func featureExtractor(for configuration: ModelConfiguration) -> JSONObject {
    [
      "do_normalize": true, "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1,
      "padding_side": "right", "padding_value": 0.0,
      "return_attention_mask": .bool(configuration.featureNorm == .layer), "sampling_rate": 16_000,
    ]
  }

  /// With all that the feature extractor of `directory` says, Warbler's defaults for the rest.
  /// - Throws: an error that names the file, if it is not JSON or not what Warbler computes.
  public init(
    _ vocabulary: CTCVocabulary, for configuration: ModelConfiguration, keeping directory: String
  ) throws {
    self.init(vocabulary, for: configuration)
    // Refuses what training would not do either.
    _ = try Preprocessing(directory: directory)
    for (key, value) in try Self.source(directory).members.map({ ($0.key, $0.value) }) {
      featureExtractor[key] = value
    }
    featureExtractor["processor_class"] = nil
  }

  /// Of the two files that may hold it, the one that `Preprocessing` reads.
  private static func source(_ directory: String) throws -> JSONObject {
    let processor = "\(directory)/processor_config.json"
    if access(processor, F_OK) == 0,
      let nested = try JSONValue(contentsOf: processor, options: .python)["feature_extractor"]?.object
    {
      return nested
    }
    return try JSONValue(contentsOf: "\(directory)/preprocessor_config.json", options: .python).object ?? [:]
  }

  /// Writes the four files; each appears complete or not at all.
  /// - Throws: `CheckpointError` that names the file.
  public func write(to directory: String) throws {
    var settings = vocabulary.settings
    settings.targetLanguage = nil
    settings.addedTokens = Dictionary(
      uniqueKeysWithValues: (vocabulary.baseCount..<vocabulary.count).map { ($0, vocabulary.tokens[$0]) })
    let processor: JSONValue = [
      "feature_extractor": .object(featureExtractor), "processor_class": "Wav2Vec2Processor",
    ]
    var preprocessor = featureExtractor
    preprocessor["processor_class"] = "Wav2Vec2Processor"
    for (name, document) in [
      ("vocab.json", vocabulary.document), ("tokenizer_config.json", settings.document),
      ("preprocessor_config.json", .object(preprocessor)), ("processor_config.json", processor),
    ] {
      try AtomicFile.write(document.utf8(.pretty) + [0x0A], to: "\(directory)/\(name)")
    }
  }
}
