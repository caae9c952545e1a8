public import AcousticModel
public import Tensors
public import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// A model that is ready to decode with: its weights, its vocabulary, and when its frames are.
public final class LoadedModel: Sendable {
  /// Where it was loaded from.
  public let directory: String
  /// The language whose adapter was put in; nil if none was.
  public let adapterLanguage: String?
  public let acoustic: CTCModel
  public let vocabulary: CTCVocabulary
  let input: ModelInput

  public var timing: FrameTiming { input.timing }

  /// Loads a directory in Hugging Face's layout.
  /// - Parameters:
  ///   - language: for a checkpoint of many languages; nil for the `target_lang` of its tokenizer.
  ///   - compute: what packs the weights.
  /// - Throws: an error whose description is one line that names the file and the field or tensor.
  public init(directory: String, language: String? = nil, on compute: Compute) throws {
    try Self.checkDirectory(directory)
    let configuration = try ModelConfiguration(contentsOf: "\(directory)/config.json")
    let speaks = try TokenizerSettings(directory: directory).targetLanguage
    let chosen = language ?? speaks
    let adapter = try Self.adapter(chosen, configuration, directory, isSavedLanguage: chosen == speaks)
    self.directory = directory
    adapterLanguage = adapter
    vocabulary = try CTCVocabulary(directory: directory, language: language, blank: configuration.blank)
    acoustic = try CTCModel(directory: directory, language: adapter, on: compute)
    try vocabulary.checkFits(classes: acoustic.configuration.vocabularySize)
    guard configuration.blank < acoustic.configuration.vocabularySize else {
      throw ConfigurationError(
        path: "\(directory)/config.json", field: "pad_token_id",
        reason:
          "expected a class below \(acoustic.configuration.vocabularySize), found \(configuration.blank)")
    }
    input = ModelInput(acoustic.configuration, acoustic.preprocessing, isAdapted: true)
  }

  /// The adapter to put in: none for a model that has none, nor where the weights themselves speak the
  /// language and come without a file for it.
  private static func adapter(
    _ language: String?, _ configuration: ModelConfiguration, _ directory: String, isSavedLanguage: Bool
  ) throws -> String? {
    guard let language, configuration.attentionAdapterWidth != nil else { return nil }
    if isSavedLanguage, !LanguageAdapter.exists(language: language, directory: directory) { return nil }
    return language
  }

  /// - Throws: one line, for what is no directory of a model.
  static func checkDirectory(_ directory: String) throws(InputFailure) {
    var status = stat()
    guard stat(directory, &status) == 0 else {
      throw InputFailure(directory, "no model there: \(SystemError(number: errno)); check --model")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw InputFailure(
        directory,
        "expected a model's directory (config.json, model.safetensors, vocab.json), found a file; name the directory"
      )
    }
    guard access("\(directory)/config.json", F_OK) == 0 else {
      throw InputFailure(
        directory, "holds no config.json; name a directory as save_pretrained of transformers writes it")
    }
  }
}
