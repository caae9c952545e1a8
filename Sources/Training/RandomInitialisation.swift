public import AcousticModel
public import Tensors

/// Weights to train from nothing, drawn from the distributions that transformers 5 draws those of
/// `HubertForCTC(config)` and `Wav2Vec2ForCTC(config)` from:
///
/// | | HuBERT | wav2vec 2.0 |
/// |---|---|---|
/// | linear layers | normal(0, `initializer_range`), bias 0 | the same |
/// | feature projection | the same | uniform within 1 / sqrt(inputs), bias too |
/// | norms | weight 1, bias 0 | the same |
/// | convolutions | normal(0, sqrt(2 / (inputs K))), bias 0 | bias uniform within 1 / sqrt(inputs K) |
/// | positional convolution | v uniform within 1 / sqrt(inputs K), g its norm, bias 0 | the same |
/// | mask embedding | uniform in 0...1 | the same |
///
/// but for the head, which may begin at zero instead.
///
/// The positional convolution is what comes of it there, not what the source says: transformers means v to be
/// normal, but writes it to a product of the weight norm that is computed anew, so that PyTorch's own values
/// stay. With `conv_pos_batch_norm` there is no weight norm in the way, and it is like other convolutions.
///
/// An element depends on the seed, the tensor's name and its place alone.
public struct RandomInitialisation: Sendable {
  public let configuration: ModelConfiguration
  /// `initializer_range` of config.json.
  public let range: Double
  public let head: HeadStart
  public let seed: UInt64

  public init(
    _ configuration: ModelConfiguration, range: Double = 0.02, head: HeadStart = .normal, seed: UInt64
  ) {
    self.configuration = configuration
    self.head = head
    // transformers takes 0 for unset.
    self.range = range == 0 ? 0.02 : range
    self.seed = seed
  }

  /// Everything of the model.
  /// - Parameter trainsFeatureEncoder: puts the feature encoder among the parameters; its elements are the
  ///   same either way.
  public func weights(trainsFeatureEncoder: Bool = false, on compute: Compute) -> TrainingWeights {
    TrainingWeights(
      configuration: configuration,
      parameters: parameters(
        ParameterLayout(configuration, trainsFeatureEncoder: trainsFeatureEncoder), on: compute),
      featureEncoder: trainsFeatureEncoder ? [] : featureEncoder(),
      hasMaskEmbedding: false)
  }

  /// Everything of a layout, such as that of pre-training.
  ///
  /// What pre-training puts behind the transformer begins as in fairseq's and torchaudio's HuBERT: the
  /// embeddings of clusters uniform in 0...1, the projection before them as PyTorch's linear layers.
  public func parameters(_ layout: ParameterLayout, on compute: Compute) -> ParameterStorage {
    let parameters = ParameterStorage(layout)
    for entry in layout.entries { fill(entry, of: parameters, on: compute) }
    setGains(of: parameters)
    return parameters
  }

  /// The tensors of the feature encoder.
  func featureEncoder() -> [FrozenTensor] {
    ParameterList(configuration).parameters.filter { $0.part == .featureEncoder }.map { parameter in
      FrozenTensor(
        name: parameter.name, shape: parameter.shape,
        elements: distribution(of: parameter.name, shape: parameter.shape).elements(
          0..<parameter.elementCount, seed: seed, name: parameter.name))
    }
  }

  /// Draws the elements of one entry.
  func fill(_ entry: ParameterLayout.Entry, of parameters: ParameterStorage, on compute: Compute) {
    let matrix = parameters[entry]
    let distribution = distribution(of: entry.name, shape: entry.shape)
    let stream = RandomStream(seed: seed, name: entry.name)
    let rowsPerTask = max(1, (1 << 14) / max(1, matrix.columns))
    compute.run(tasks: (matrix.rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      for row in task * rowsPerTask..<min(matrix.rows, (task + 1) * rowsPerTask) {
        let first = row * matrix.columns
        distribution.write(first..<first + matrix.columns, of: stream, to: matrix.row(row))
      }
    }
  }

  /// Of the weights of the CTC head.
  var headDistribution: Distribution { head == .zeros ? .constant(0) : .normal(range) }

  /// Of the gains of weight norm, which follow from v, a placeholder.
  func distribution(of name: String, shape: [Int]) -> Distribution {
    let isWav2Vec2 = configuration.architecture == .wav2vec2
    let inputs = shape.dropFirst().reduce(1, *)
    if name == "lm_head.weight" { return headDistribution }
    if name.hasSuffix(".masked_spec_embed") { return .uniform(0, 1) }
    if name.hasSuffix("label_embs_concat") { return .uniform(0, 1) }
    if name.contains("final_proj.") { return .torch(inputs: configuration.width) }
    if name.contains("norm.") {
      return .constant(name.hasSuffix(".weight") || name.hasSuffix(".running_var") ? 1 : 0)
    }
    if name.contains(".pos_conv_embed.") {
      if name.hasSuffix(".original1") { return .torch(inputs: inputs) }
      return name.hasSuffix(".weight") ? .kaiming(inputs: inputs) : .constant(0)
    }
    if name.contains(".feature_projection."), isWav2Vec2 {
      return .torch(inputs: configuration.convolutionChannels.last!)
    }
    if let layer = convolution(name) {
      if name.hasSuffix(".weight") { return .kaiming(inputs: inputs) }
      return isWav2Vec2 ? .torch(inputs: layer) : .constant(0)
    }
    return name.hasSuffix(".weight") ? .normal(range) : .constant(0)
  }

  /// Inputs times taps of the convolution that a tensor belongs to; nil if it belongs to none.
  private func convolution(_ name: String) -> Int? {
    guard name.contains(".conv.") else { return nil }
    let fields = name.split(separator: ".")
    let layer = fields.firstIndex(of: "conv").flatMap { Int(fields[$0 - 1]) } ?? 0
    if name.contains(".feature_extractor.") {
      let inputs = layer == 0 ? 1 : configuration.convolutionChannels[layer - 1]
      return inputs * configuration.convolutionKernels[layer]
    }
    return configuration.adapter.map { $0.width * $0.kernel }
  }

  /// g = |v| for each tap, over the first two extents, so that the kernel is v itself.
  private func setGains(of parameters: ParameterStorage) {
    let prefix =
      "\(configuration.architecture.modelType).encoder.pos_conv_embed.conv.parametrizations.weight"
    guard let gains = parameters.layout["\(prefix).original0"] else { return }
    let v = parameters["\(prefix).original1"]
    var squares = [Double](repeating: 0, count: gains.elementCount)
    for row in 0..<v.rows {
      for column in 0..<v.columns {
        let value = Double(v.row(row)[column])
        squares[column % squares.count] += value * value
      }
    }
    parameters.set(gains, to: squares.map { Float($0.squareRoot()) })
  }
}
