import AcousticModel
import Tensors

extension DecodePipeline {
  /// A pipeline over the model in a directory.
  /// - Parameters:
  ///   - language: for a checkpoint of many languages; nil for the `target_lang` of its tokenizer.
  ///   - threads: that compute; reading has one of its own.
  /// - Throws: an error whose description is one line that names what is wrong and what to do.
  public convenience init(
    modelDirectory: String, language: String? = nil, decoder: DecoderChoice = .greedy, threads: Int,
    options: RecordingOptions = RecordingOptions()
  ) throws {
    let compute = Compute(threads: threads, level: try KernelLevel.chosen())
    let model = try LoadedModel(directory: modelDirectory, language: language, on: compute)
    let decoder = try SpeechDecoder(
      decoder, vocabulary: model.vocabulary, classes: model.acoustic.configuration.vocabularySize)
    self.init(
      model: model, decoder: decoder, inference: Inference(model: model.acoustic, on: compute),
      options: options)
  }
}
