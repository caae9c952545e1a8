import AcousticModel
import CTC
import Checkpoints
import JSON
import Tensors
import Training
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// What is fine-tuned: a checkpoint, or random weights of a configuration, with its vocabulary and what has
/// to be written beside the weights.
struct FinetuneModel {
  /// Where the configuration is.
  private let configurationPath: String
  /// A MODEL directory; nil for random weights.
  private let directory: String?
  /// Whether it is a checkpoint of pre-training: without a CTC head, and perhaps with nothing beside its
  /// weights.
  private let isPretrained: Bool
  private(set) var configuration: ModelConfiguration
  let preprocessing: Preprocessing
  /// Where that is said; nil where it is the default of the published checkpoints.
  private let preprocessingSource: String?
  private var document: ModelDocument
  private let options: FinetuneOptions

  /// - Parameters:
  ///   - options: their regularization is settled.
  ///   - checkpoint: a checkpoint of the run to go on from; nil to start it.
  init(_ options: FinetuneOptions, from checkpoint: String?) throws {
    self.options = options
    directory = checkpoint ?? options.model
    if let directory {
      try LoadedModel.checkDirectory(directory)
      configurationPath = "\(directory)/config.json"
    } else {
      configurationPath = options.initialConfiguration ?? ""
    }
    configuration = try ModelConfiguration(contentsOf: configurationPath, acceptsPretrained: true)
    let isPretrained = try directory.map { !TrainingWeights.hasHead(try TensorArchive(path: $0)) } ?? false
    self.isPretrained = isPretrained
    let source = directory.flatMap { !isPretrained || Preprocessing.isStated(in: $0) ? $0 : nil }
    preprocessingSource = source
    preprocessing = try source.map { try Preprocessing(directory: $0) } ?? Preprocessing()
    document = try ModelDocument(contentsOf: configurationPath)
  }

  /// The vocabulary's source: the model's own unless options name another.
  func source(resumes: Bool) throws -> FinetuneCorpus.Source {
    if resumes, let directory {
      let vocabulary = try CTCVocabulary(directory: directory, blank: configuration.blank)
      return .encoder(TranscriptEncoder(vocabulary: vocabulary, rules: try rules()))
    }
    if options.vocabularyFromData { return .characters(rules: nil) }
    if let path = options.vocabulary { return .encoder(try TranscriptEncoder(vocabularyPath: path)) }
    guard let directory else {
      throw UsageError("--init: expected --vocab FILE or --vocab-from-data beside it, found neither")
    }
    if isPretrained, access("\(directory)/vocab.json", F_OK) != 0 {
      throw UsageError(
        "--model: \(directory) has no CTC head and no vocab.json; add --vocab FILE or --vocab-from-data")
    }
    // Without a head nothing has been trained on the blank that the configuration names.
    let vocabulary = try CTCVocabulary(directory: directory, blank: isPretrained ? nil : configuration.blank)
    return .encoder(TranscriptEncoder(vocabulary: vocabulary))
  }

  private func rules() throws -> TextRules? {
    try options.vocabulary.flatMap { try TranscriptEncoder(vocabularyPath: $0).rules }
  }

  /// Weights for the vocabulary, the archive with the feature encoder if that is frozen, and notes on what
  /// the checkpoint did not have.
  mutating func weights(
    for vocabulary: CTCVocabulary, resumes: Bool, on compute: Compute
  ) throws -> (weights: TrainingWeights, encoder: TensorArchive?, notes: [String]) {
    var notes: [String] = []
    var transplant: HeadTransplant?
    let isNew =
      !resumes
      && (options.vocabularyFromData || options.vocabulary != nil || directory == nil || isPretrained)
    if isPretrained {
      notes.append("a new head of \(vocabulary.count) classes: the checkpoint has none")
      if preprocessingSource == nil {
        notes.append("no preprocessor_config.json: audio at \(preprocessing.sampleRate) Hz, normalised")
      }
    }
    if isNew {
      if let directory, !isPretrained,
        let old = try? CTCVocabulary(directory: directory, blank: configuration.blank)
      {
        let change = HeadTransplant(from: old, oldClasses: configuration.vocabularySize, to: vocabulary)
        transplant = change
        notes.append(
          "a new head of \(vocabulary.count) classes; \(change.keptClasses) of them come from the old one")
      }
      configuration.vocabularySize = vocabulary.count
      configuration.blank = vocabulary.blank
      document.set(vocabulary)
    }
    setRegularization()
    let initialisation = RandomInitialisation(
      configuration, range: document.initializerRange, head: options.headStart, seed: UInt64(options.seed))
    guard let directory else {
      let weights = initialisation.weights(
        trainsFeatureEncoder: options.trainFeatureEncoder, on: compute)
      let encoder = options.trainFeatureEncoder ? nil : try Self.archive(of: weights.featureEncoder)
      return (weights, encoder, notes)
    }
    let archive = try TensorArchive(path: directory)
    let weights = try TrainingWeights(
      reading: archive, configuration: configuration, trainsFeatureEncoder: options.trainFeatureEncoder,
      transplant: transplant, initialisation: initialisation, on: compute)
    return (weights, options.trainFeatureEncoder ? nil : archive, notes)
  }

  /// The weights as they are, or random ones.
  func weightsToTime(on compute: Compute) throws -> TrainingWeights {
    let initialisation = RandomInitialisation(
      configuration, range: document.initializerRange, seed: UInt64(options.seed))
    guard let directory else { return initialisation.weights(on: compute) }
    return try TrainingWeights(
      reading: try TensorArchive(path: directory), configuration: configuration,
      initialisation: initialisation, on: compute)
  }

  private static func archive(of tensors: [FrozenTensor]) throws -> TensorArchive {
    var writer = SafetensorsWriter()
    for tensor in tensors { writer.add(tensor.name, shape: tensor.shape, tensor.elements) }
    return try TensorArchive(unnamed: writer)
  }

  /// config.json says what the model was trained with.
  private mutating func setRegularization() {
    let numbers: [(String, Double?)] = [
      ("hidden_dropout", options.hiddenDropout), ("activation_dropout", options.activationDropout),
      ("attention_dropout", options.attentionDropout),
      ("feat_proj_dropout", options.featureProjectionDropout),
      ("final_dropout", options.finalDropout), ("layerdrop", options.layerDrop),
      ("mask_time_prob", options.maskTimeProbability), ("mask_feature_prob", options.maskFeatureProbability),
    ]
    for (field, value) in numbers { if let value { document.set(field, to: .number(value)) } }
    let counts: [(String, Int?)] = [
      ("mask_time_length", options.maskTimeLength), ("mask_time_min_masks", options.maskTimeMinimum),
      ("mask_feature_length", options.maskFeatureLength),
      ("mask_feature_min_masks", options.maskFeatureMinimum),
    ]
    for (field, value) in counts { if let value { document.set(field, to: .integer(Int64(value))) } }
    document.set("apply_spec_augment", to: true)
    document.set("ctc_loss_reduction", to: .string(options.lossReduction == .mean ? "mean" : "sum"))
    document.set("ctc_zero_infinity", to: .bool(options.zeroInfinity))
  }

  /// What writes MODEL directories of these weights.
  func writer(_ vocabulary: CTCVocabulary) throws -> ModelWriter {
    let processor =
      try preprocessingSource.map { try ProcessorFiles(vocabulary, for: configuration, keeping: $0) }
      ?? ProcessorFiles(vocabulary, for: configuration)
    return ModelWriter(document: document, processor: processor)
  }
}
