import JSON

#if canImport(Glibc)
import Glibc
#endif

/// What is done to a waveform before the model sees it: `preprocessor_config.json`, or the
/// `feature_extractor` of the `processor_config.json` that transformers 5 writes.
public struct Preprocessing: Sendable, Equatable {
  /// Hertz.
  public var sampleRate = 16_000
  /// Whether each utterance is brought to mean 0 and variance 1.
  public var normalises = true

  public init() {}

  /// Whether `directory` holds a file that says it.
  public static func isStated(in directory: String) -> Bool {
    let processor = try? FieldReader(contentsOf: "\(directory)/processor_config.json")
    return processor?.value("feature_extractor") != nil
      || access("\(directory)/preprocessor_config.json", F_OK) == 0
  }

  /// Reads either file of `directory`; where both are there, the newer one counts, as in transformers.
  /// - Throws: an error that names the files if neither is there, or the field that is not supported.
  public init(directory: String) throws {
    let processor = "\(directory)/processor_config.json"
    if access(processor, F_OK) == 0,
      let nested = try FieldReader(contentsOf: processor).value("feature_extractor")
    {
      try self.init(FieldReader(path: processor, nested))
      return
    }
    let preprocessor = "\(directory)/preprocessor_config.json"
    guard access(preprocessor, F_OK) == 0 else {
      throw ConfigurationError(
        path: directory, field: "preprocessor_config.json",
        reason:
          "missing (and no processor_config.json with a feature_extractor); copy it from the original checkpoint"
      )
    }
    try self.init(FieldReader(contentsOf: preprocessor))
  }

  init(_ fields: FieldReader) throws(ConfigurationError) {
    if let type = try fields.string("feature_extractor_type"), type != "Wav2Vec2FeatureExtractor" {
      throw fields.error("feature_extractor_type", "expected \"Wav2Vec2FeatureExtractor\", found \"\(type)\"")
    }
    let channels = try fields.int("feature_size", default: 1, in: 1...1024)
    guard channels == 1 else {
      throw fields.error("feature_size", "expected 1 (a waveform), found \(channels)")
    }
    sampleRate = try fields.int("sampling_rate", default: sampleRate, in: 1000...384_000)
    normalises = try fields.bool("do_normalize", default: normalises)
  }
}
