import JSON
public import Tensors

/// The architectures that Warbler computes.
public enum Architecture: String, Sendable, CaseIterable {
  case hubert = "HubertForCTC"
  case wav2vec2 = "Wav2Vec2ForCTC"

  /// `model_type` in config.json, and the prefix of the parameters' names.
  public var modelType: String { self == .hubert ? "hubert" : "wav2vec2" }

  /// transformers' classes of the same network without a CTC head: what pre-training leaves.
  var pretrainedNames: [String] {
    self == .hubert ? ["HubertModel", "HubertForPreTraining"] : ["Wav2Vec2Model", "Wav2Vec2ForPreTraining"]
  }
}

/// Every field of a `config.json` that changes what `HubertForCTC` or `Wav2Vec2ForCTC` computes at inference.
/// Defaults are those of transformers' configuration classes.
public struct ModelConfiguration: Sendable, Equatable {
  public enum FeatureNorm: String, Sendable, CaseIterable {
    /// After the first convolution only, over time for each channel.
    case group
    /// After every convolution, over the channels of each frame.
    case layer
  }

  public var architecture = Architecture.hubert
  public var vocabularySize = 32
  /// The blank's id: `pad_token_id`.
  public var blank = 0

  // The feature encoder.
  public var convolutionChannels = [Int](repeating: 512, count: 7)
  public var convolutionKernels = [10, 3, 3, 3, 3, 2, 2]
  public var convolutionStrides = [5, 2, 2, 2, 2, 2, 2]
  public var convolutionBias = false
  public var featureNorm = FeatureNorm.group
  /// Also the activation after the positional convolution.
  public var featureActivation = Activation.gelu
  public var normalisesFeatures = true

  // The transformer.
  /// D.
  public var width = 768
  public var layers = 12
  public var heads = 12
  public var feedForwardWidth = 3072
  public var activation = Activation.gelu
  public var layerNormEpsilon: Float = 1e-5
  /// `do_stable_layer_norm`: norms before attention and feed-forward, and one at the end, rather than after
  /// each.
  public var normalisesFirst = false
  public var positionalKernel = 128
  public var positionalGroups = 16
  /// `conv_pos_batch_norm`: a batch norm before the positional convolution in place of its weight norm.
  public var positionalBatchNorm = false
  /// Width of the bottleneck behind each layer of a stable transformer (MMS); nil for none.
  public var attentionAdapterWidth: Int?

  /// Convolutions behind the transformer (`add_adapter`); nil for none.
  public var adapter: AdapterConfiguration?

  public init() {}

  /// D of what the CTC head sees.
  public var headInputs: Int { adapter?.width ?? width }

  /// Samples that one frame of the feature encoder sees: below it there is no frame.
  public var receptiveField: Int {
    zip(convolutionKernels, convolutionStrides).reversed().reduce(1) { ($0 - 1) * $1.1 + $1.0 }
  }

  /// Samples between frames of the feature encoder.
  public var hop: Int { convolutionStrides.reduce(1, *) }
}

/// `add_adapter` of wav2vec 2.0.
public struct AdapterConfiguration: Sendable, Equatable {
  /// `output_hidden_size`; where it is not D, a projection with a norm comes first.
  public var width: Int
  public var layers: Int
  public var kernel: Int
  public var stride: Int
}

extension ModelConfiguration {
  /// Reads a `config.json`.
  /// - Parameter acceptsPretrained: whether the class may be one without a CTC head, such as `HubertModel`:
  ///   ``architecture`` is then what fine-tuning makes of it.
  /// - Throws: ``ConfigurationError`` naming a field that is wrong or that Warbler does not know, or a JSON
  ///   error.
  public init(contentsOf path: String, acceptsPretrained: Bool = false) throws {
    let fields = try FieldReader(contentsOf: path)
    try self.init(fields, acceptsPretrained: acceptsPretrained)
  }

  init(_ fields: FieldReader, acceptsPretrained: Bool = false) throws(ConfigurationError) {
    self.init()
    architecture = try Self.architecture(fields, acceptsPretrained: acceptsPretrained)
    try Self.refuseUnknown(fields, architecture)
    vocabularySize = try fields.int("vocab_size", default: vocabularySize, in: 2...10_000_000)
    blank = try fields.int("pad_token_id", default: blank, in: 0...vocabularySize - 1)

    convolutionChannels = try fields.ints("conv_dim", default: convolutionChannels, in: 1...65536)
    convolutionKernels = try fields.ints("conv_kernel", default: convolutionKernels, in: 1...65536)
    convolutionStrides = try fields.ints("conv_stride", default: convolutionStrides, in: 1...65536)
    let counts = [convolutionChannels.count, convolutionKernels.count, convolutionStrides.count]
    guard counts[0] > 0, counts.allSatisfy({ $0 == counts[0] }) else {
      throw fields.error(
        "conv_dim",
        "conv_dim, conv_kernel and conv_stride list \(counts[0]), \(counts[1]) and \(counts[2]) layers; they must agree"
      )
    }
    // Keeps receptive field and hop far from overflow.
    let samplesPerFrame = convolutionStrides.reduce(1.0) { $0 * Double($1) }
    guard counts[0] <= 64, samplesPerFrame <= 1e9 else {
      throw fields.error(
        "conv_stride",
        "\(counts[0]) layers with \(samplesPerFrame) samples between frames; at most 64 and 1e9 are supported"
      )
    }
    guard try fields.int("num_feat_extract_layers", default: counts[0], in: 1...1000) == counts[0] else {
      throw fields.error("num_feat_extract_layers", "conv_dim lists \(counts[0]) layers; they must agree")
    }
    convolutionBias = try fields.bool("conv_bias", default: convolutionBias)
    if let name = try fields.string("feat_extract_norm") {
      guard let norm = FeatureNorm(rawValue: name) else {
        throw fields.error("feat_extract_norm", "expected \"group\" or \"layer\", found \"\(name)\"")
      }
      featureNorm = norm
    }
    featureActivation = try fields.activation("feat_extract_activation", default: featureActivation)
    if architecture == .hubert {
      normalisesFeatures = try fields.bool("feat_proj_layer_norm", default: true)
    }

    width = try fields.int("hidden_size", default: width, in: 1...1 << 20)
    layers = try fields.int("num_hidden_layers", default: layers, in: 0...10_000)
    heads = try fields.int("num_attention_heads", default: heads, in: 1...width)
    guard width % heads == 0 else {
      throw fields.error("num_attention_heads", "hidden_size \(width) cannot be shared among \(heads) heads")
    }
    feedForwardWidth = try fields.int("intermediate_size", default: feedForwardWidth, in: 1...1 << 22)
    activation = try fields.activation("hidden_act", default: activation)
    layerNormEpsilon = try fields.float("layer_norm_eps", default: layerNormEpsilon)
    normalisesFirst = try fields.bool("do_stable_layer_norm", default: normalisesFirst)
    positionalKernel = try fields.int("num_conv_pos_embeddings", default: positionalKernel, in: 1...65536)
    positionalGroups = try fields.int(
      "num_conv_pos_embedding_groups", default: positionalGroups, in: 1...width)
    guard width % positionalGroups == 0 else {
      throw fields.error(
        "num_conv_pos_embedding_groups",
        "hidden_size \(width) cannot be shared among \(positionalGroups) groups")
    }
    if architecture == .hubert {
      positionalBatchNorm = try fields.bool("conv_pos_batch_norm", default: false)
    }
    // transformers builds these only into the layers of the stable transformer.
    if normalisesFirst, fields.value("adapter_attn_dim") != nil {
      attentionAdapterWidth = try fields.int("adapter_attn_dim", default: 0, in: 1...1 << 20)
    }
    if architecture == .wav2vec2, try fields.bool("add_adapter", default: false) {
      adapter = AdapterConfiguration(
        width: try fields.int("output_hidden_size", default: width, in: 1...1 << 20),
        layers: try fields.int("num_adapter_layers", default: 3, in: 0...1000),
        kernel: try fields.int("adapter_kernel_size", default: 3, in: 1...65536),
        stride: try fields.int("adapter_stride", default: 2, in: 1...65536))
    }
  }

  private static func architecture(
    _ fields: FieldReader, acceptsPretrained: Bool
  ) throws(ConfigurationError) -> Architecture {
    let supported = Architecture.allCases.map(\.rawValue).joined(separator: " or ")
    let type = try fields.string("model_type")
    if let names = fields.value("architectures")?.array, let name = names.first {
      let pretrained = Architecture.allCases.first { $0.pretrainedNames.contains(name.string ?? "") }
      if let pretrained, !acceptsPretrained {
        throw fields.error(
          "architectures",
          "expected \(supported), found \"\(name.string ?? "")\", which has no CTC head; "
            + "train one with warbler finetune, which writes \(pretrained.rawValue)")
      }
      guard let architecture = pretrained ?? name.string.flatMap(Architecture.init) else {
        throw fields.error(
          "architectures", "expected \(supported), found \"\(name.string ?? name.kindName)\"")
      }
      guard type == nil || type == architecture.modelType else {
        throw fields.error("model_type", "\"\(type!)\" does not go with \(architecture.rawValue)")
      }
      return architecture
    }
    guard let type, let architecture = Architecture.allCases.first(where: { $0.modelType == type }) else {
      throw fields.error(
        "model_type", "expected \"hubert\" or \"wav2vec2\", found \(type.map { "\"\($0)\"" } ?? "nothing")")
    }
    return architecture
  }
}

extension FieldReader {
  /// The activations of transformers' ACT2FN that have no parameters, by name.
  func activation(_ field: String, default fallback: Activation) throws(ConfigurationError) -> Activation {
    guard let name = try string(field) else { return fallback }
    switch name {
    case "gelu", "gelu_python": return .gelu
    case "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh": return .geluTanh
    case "quick_gelu": return .geluSigmoid
    case "gelu_10": return .geluClipped
    case "relu": return .relu
    case "relu2": return .reluSquared
    case "relu6": return .relu6
    case "leaky_relu": return .leakyRelu
    case "silu", "swish": return .silu
    case "hardswish": return .hardSwish
    case "mish": return .mish
    case "laplace": return .laplace
    case "sqrtsoftplus": return .sqrtSoftplus
    case "tanh": return .tanh
    case "sigmoid": return .sigmoid
    case "linear": return .identity
    default: throw error(field, "the activation \"\(name)\" is not supported")
    }
  }
}
