public import AcousticModel
public import Checkpoints
public import Tensors

extension TrainingWeights {
  /// Reads a checkpoint, in either spelling of weight norm and in any type of 16 bits and more.
  ///
  /// What a checkpoint that has never been fine-tuned lacks begins as `initialisation` says: the mask
  /// embedding, and without a head in it the whole head. Names may lack the prefix `hubert.` or `wav2vec2.`,
  /// as in what `HubertModel` saves.
  ///
  /// - Parameters:
  ///   - configuration: its `vocabularySize` is that of the model to be trained.
  ///   - trainsFeatureEncoder: puts the feature encoder among the parameters.
  ///   - transplant: makes the head out of the checkpoint's, when the vocabulary is another; nil keeps it.
  ///   - initialisation: for what is not in the checkpoint; of the same configuration.
  /// - Throws: `CheckpointError` that names the tensor.
  public init(
    reading archive: TensorArchive, configuration: ModelConfiguration, trainsFeatureEncoder: Bool = false,
    transplant: HeadTransplant? = nil, initialisation: RandomInitialisation, on compute: Compute
  ) throws(CheckpointError) {
    precondition(initialisation.configuration == configuration, "an initialisation of another configuration")
    let parameters = ParameterStorage(
      ParameterLayout(configuration, trainsFeatureEncoder: trainsFeatureEncoder))
    let names = StoredNames(archive, configuration)
    var hasMaskEmbedding = true
    for entry in parameters.layout.entries {
      let name = names.name(of: entry.name)
      let isMask = entry.name.hasSuffix(".masked_spec_embed")
      let isHead = entry.part == .head
      if isHead && (transplant != nil || !Self.hasHead(archive)) { continue }
      if isMask && archive[name] == nil {
        hasMaskEmbedding = false
        initialisation.fill(entry, of: parameters, on: compute)
        continue
      }
      parameters.set(entry, to: try archive.floats(name, expectingShape: entry.shape))
      archive.releasePages(of: name)
    }
    if !Self.hasHead(archive) {
      for entry in parameters.layout.entries where entry.part == .head {
        initialisation.fill(entry, of: parameters, on: compute)
      }
    } else if let transplant {
      try Self.transplantHead(transplant, archive, parameters, initialisation)
    }
    self.init(
      configuration: configuration, parameters: parameters,
      featureEncoder: trainsFeatureEncoder ? [] : try Self.featureEncoder(archive, names, configuration),
      hasMaskEmbedding: hasMaskEmbedding)
  }

  /// Whether there is a CTC head to go on from.
  public static func hasHead(_ archive: TensorArchive) -> Bool { archive["lm_head.weight"] != nil }

  private static func transplantHead(
    _ transplant: HeadTransplant, _ archive: TensorArchive, _ parameters: ParameterStorage,
    _ initialisation: RandomInitialisation
  ) throws(CheckpointError) {
    let inputs = initialisation.configuration.headInputs
    let head = HeadTransplant.Head(
      inputs: inputs,
      weights: try archive.floats("lm_head.weight", expectingShape: [transplant.oldClasses, inputs]),
      bias: try archive.floats("lm_head.bias", expectingShape: [transplant.oldClasses]))
    let new = transplant.head(
      from: head, drawing: initialisation.headDistribution, seed: initialisation.seed)
    for entry in parameters.layout.entries where entry.part == .head {
      parameters.set(entry, to: entry.name.hasSuffix(".bias") ? new.bias : new.weights)
    }
  }

  private static func featureEncoder(
    _ archive: TensorArchive, _ names: StoredNames, _ configuration: ModelConfiguration
  ) throws(CheckpointError) -> [FrozenTensor] {
    var tensors: [FrozenTensor] = []
    for parameter in ParameterList(configuration).parameters where parameter.part == .featureEncoder {
      let name = names.name(of: parameter.name)
      let elements = try archive.floats(name, expectingShape: parameter.shape)
      archive.releasePages(of: name)
      tensors.append(FrozenTensor(name: parameter.name, shape: parameter.shape, elements: elements))
    }
    return tensors
  }
}
