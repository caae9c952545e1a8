public import JSON
import Tensors

extension ModelConfiguration {
  /// What a `config.json` says for this configuration: every field that it reads, by transformers' names.
  /// Fields that an architecture or a switch leaves unread are absent.
  public var fields: JSONObject {
    var fields: JSONObject = [
      "architectures": [.string(architecture.rawValue)], "model_type": .string(architecture.modelType),
      "vocab_size": integer(vocabularySize), "pad_token_id": integer(blank),
      "conv_dim": integers(convolutionChannels), "conv_kernel": integers(convolutionKernels),
      "conv_stride": integers(convolutionStrides), "conv_bias": .bool(convolutionBias),
      "feat_extract_norm": .string(featureNorm.rawValue),
      "feat_extract_activation": .string(featureActivation.transformersName),
      "hidden_size": integer(width), "num_hidden_layers": integer(layers),
      "num_attention_heads": integer(heads),
      "intermediate_size": integer(feedForwardWidth), "hidden_act": .string(activation.transformersName),
      // By way of its shortest decimal form, so that 1e-5 does not become 9.99999974738e-06.
      "layer_norm_eps": .number(Double(layerNormEpsilon.description)!),
      "do_stable_layer_norm": .bool(normalisesFirst),
      "num_conv_pos_embeddings": integer(positionalKernel),
      "num_conv_pos_embedding_groups": integer(positionalGroups),
    ]
    if architecture == .hubert {
      fields["feat_proj_layer_norm"] = .bool(normalisesFeatures)
      fields["conv_pos_batch_norm"] = .bool(positionalBatchNorm)
    }
    if let attentionAdapterWidth { fields["adapter_attn_dim"] = integer(attentionAdapterWidth) }
    if let adapter {
      fields["add_adapter"] = true
      fields["output_hidden_size"] = integer(adapter.width)
      fields["num_adapter_layers"] = integer(adapter.layers)
      fields["adapter_kernel_size"] = integer(adapter.kernel)
      fields["adapter_stride"] = integer(adapter.stride)
    }
    return fields
  }

  /// The ``fields`` in which this differs from transformers' defaults for its architecture.
  public var fieldsUnlikeDefaults: JSONObject {
    var defaults = ModelConfiguration()
    defaults.architecture = architecture
    let expected = defaults.fields
    return JSONObject(fields.members.filter { expected[$0.key] != $0.value })
  }
}

private func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

private func integers(_ values: [Int]) -> JSONValue { .array(values.map(integer)) }

extension Activation {
  /// The name in transformers' ACT2FN; of several for one function, the most used.
  var transformersName: String {
    switch self {
    case .identity: "linear"
    case .gelu: "gelu"
    case .geluTanh: "gelu_new"
    case .geluSigmoid: "quick_gelu"
    case .geluClipped: "gelu_10"
    case .relu: "relu"
    case .reluSquared: "relu2"
    case .relu6: "relu6"
    case .leakyRelu: "leaky_relu"
    case .silu: "silu"
    case .hardSwish: "hardswish"
    case .laplace: "laplace"
    case .mish: "mish"
    case .sqrtSoftplus: "sqrtsoftplus"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    }
  }
}
