/// The tensors that a configuration's forward pass reads from a checkpoint, by transformers' names, with
/// their shapes.
///
/// It follows from the configuration alone, so that a checkpoint can be checked from its headers.
public struct ParameterList: Sendable, Equatable {
  /// Where in the model a tensor belongs.
  public enum Part: String, Sendable, CaseIterable {
    case featureEncoder = "feature_encoder"
    case featureProjection = "feature_projection"
    case positionalConvolution = "positional_convolution"
    case attention
    case feedForward = "feed_forward"
    /// Of the transformer: each layer's two and the one of the whole.
    case norms
    /// The bottlenecks behind each layer (MMS).
    case attentionAdapters = "attention_adapters"
    /// The convolutions behind the transformer.
    case adapter
    case head
  }

  public struct Parameter: Sendable, Equatable {
    public let name: String
    /// Row-major.
    public let shape: [Int]
    public let part: Part

    public init(name: String, shape: [Int], part: Part) {
      self.name = name
      self.shape = shape
      self.part = part
    }

    public var elementCount: Int { shape.reduce(1, *) }
  }

  /// How the weight norm of the positional convolution is spelled.
  public enum WeightNorm: Sendable {
    /// `parametrizations.weight.original0` and `original1`: PyTorch 2 and later.
    case parametrized
    /// `weight_g` and `weight_v`.
    case legacy
  }

  /// In the order of the forward pass.
  public private(set) var parameters: [Parameter] = []

  init(parameters: [Parameter]) { self.parameters = parameters }

  public init(_ configuration: ModelConfiguration, weightNorm: WeightNorm = .parametrized) {
    let prefix = configuration.architecture.modelType
    addFeatureEncoder(configuration, "\(prefix).feature_extractor.conv_layers")
    let features = configuration.convolutionChannels.last!
    if configuration.normalisesFeatures {
      addPair("\(prefix).feature_projection.layer_norm", [features], .featureProjection)
    }
    addPair("\(prefix).feature_projection.projection", [configuration.width, features], .featureProjection)
    addPositionalConvolution(configuration, "\(prefix).encoder.pos_conv_embed", weightNorm)
    addPair("\(prefix).encoder.layer_norm", [configuration.width], .norms)
    for layer in 0..<configuration.layers { addLayer(configuration, "\(prefix).encoder.layers.\(layer)") }
    if let adapter = configuration.adapter {
      addAdapter(adapter, inputs: configuration.width, "\(prefix).adapter")
    }
    addPair("lm_head", [configuration.vocabularySize, configuration.headInputs], .head)
  }

  private mutating func addFeatureEncoder(_ configuration: ModelConfiguration, _ prefix: String) {
    var inputs = 1
    for (layer, outputs) in configuration.convolutionChannels.enumerated() {
      let name = "\(prefix).\(layer)"
      add("\(name).conv.weight", [outputs, inputs, configuration.convolutionKernels[layer]], .featureEncoder)
      if configuration.convolutionBias { add("\(name).conv.bias", [outputs], .featureEncoder) }
      if layer == 0 || configuration.featureNorm == .layer {
        addPair("\(name).layer_norm", [outputs], .featureEncoder)
      }
      inputs = outputs
    }
  }

  private mutating func addPositionalConvolution(
    _ configuration: ModelConfiguration, _ prefix: String, _ weightNorm: WeightNorm
  ) {
    let (width, kernel) = (configuration.width, configuration.positionalKernel)
    let shape = [width, width / configuration.positionalGroups, kernel]
    let part = Part.positionalConvolution
    if configuration.positionalBatchNorm {
      for name in ["weight", "bias", "running_mean", "running_var"] {
        add("\(prefix).batch_norm.\(name)", [width], part)
      }
      add("\(prefix).conv.weight", shape, part)
    } else {
      let names =
        weightNorm == .legacy
        ? ["weight_g", "weight_v"]
        : ["parametrizations.weight.original0", "parametrizations.weight.original1"]
      add("\(prefix).conv.\(names[0])", [1, 1, kernel], part)
      add("\(prefix).conv.\(names[1])", shape, part)
    }
    add("\(prefix).conv.bias", [width], part)
  }

  private mutating func addLayer(_ configuration: ModelConfiguration, _ prefix: String) {
    let width = configuration.width
    for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
      addPair("\(prefix).attention.\(name)", [width, width], .attention)
    }
    addPair("\(prefix).layer_norm", [width], .norms)
    addPair(
      "\(prefix).feed_forward.intermediate_dense", [configuration.feedForwardWidth, width], .feedForward)
    addPair("\(prefix).feed_forward.output_dense", [width, configuration.feedForwardWidth], .feedForward)
    addPair("\(prefix).final_layer_norm", [width], .norms)
    if let bottleneck = configuration.attentionAdapterWidth {
      addPair("\(prefix).adapter_layer.norm", [width], .attentionAdapters)
      addPair("\(prefix).adapter_layer.linear_1", [bottleneck, width], .attentionAdapters)
      addPair("\(prefix).adapter_layer.linear_2", [width, bottleneck], .attentionAdapters)
    }
  }

  private mutating func addAdapter(_ adapter: AdapterConfiguration, inputs: Int, _ prefix: String) {
    if adapter.width != inputs {
      addPair("\(prefix).proj", [adapter.width, inputs], .adapter)
      addPair("\(prefix).proj_layer_norm", [adapter.width], .adapter)
    }
    for layer in 0..<adapter.layers {
      addPair("\(prefix).layers.\(layer).conv", [2 * adapter.width, adapter.width, adapter.kernel], .adapter)
    }
  }

  /// `prefix.weight` of that shape and `prefix.bias` of its first extent.
  private mutating func addPair(_ prefix: String, _ shape: [Int], _ part: Part) {
    add("\(prefix).weight", shape, part)
    add("\(prefix).bias", [shape[0]], part)
  }

  private mutating func add(_ name: String, _ shape: [Int], _ part: Part) {
    parameters.append(Parameter(name: name, shape: shape, part: part))
  }
}
