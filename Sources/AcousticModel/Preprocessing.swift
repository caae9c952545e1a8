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

  /// Reads either file of `directory`.
  /// - Throws: an error that names the files if neither is there, or the field that is not supported.
  public init(directory: String) throws {
    let names = ["preprocessor_config.json", "processor_config.json"]
    for name in names where access("\(directory)/\(name)", F_OK) == 0 {
      let fields = try FieldReader(contentsOf: "\(directory)/\(name)")
      if let nested = fields.value("feature_extractor") {
        try self.init(FieldReader(path: fields.path, nested))
        return
      }
      if name == names[0] {
        try self.init(fields)
        return
      }
    }
    throw ConfigurationError(
      path: directory, field: names[0],
      reason:
        "missing (and no processor_config.json with a feature_extractor); copy it from the original checkpoint"
    )
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
