import JSON

extension ModelConfiguration {
  /// Refuses a field that may change the result in a way Warbler knows nothing of, and known ones at values
  /// that do.
  static func refuseUnknown(_ fields: FieldReader, _ architecture: Architecture) throws(ConfigurationError) {
    for (field, value) in fields.object.members.map({ ($0.key, $0.value) }) {
      if field.hasPrefix("_") || used.contains(field) || harmless.contains(field) { continue }
      if value.isNull { continue }
      throw fields.error(
        field, "Warbler does not know whether this field changes the result; remove it if it does not")
    }
    if fields.value("quantization_config") != nil {
      throw fields.error(
        "quantization_config",
        "quantised weights are not supported; save the model in float32, float16 or bfloat16")
    }
    // transformers would hand it to the attention kernel, and some of those obey.
    if try fields.bool("is_causal", default: false) {
      throw fields.error("is_causal", "expected false, found true; causal attention is not supported")
    }
    // HubertForCTC has no adapter: the field would only change the width of its head.
    if architecture == .hubert, try fields.bool("add_adapter", default: false) {
      throw fields.error("add_adapter", "expected false, found true; only Wav2Vec2ForCTC has an adapter")
    }
  }

  /// Fields that ``ModelConfiguration`` reads.
  private static let used: Set<String> = [
    "adapter_attn_dim", "adapter_kernel_size", "adapter_stride", "add_adapter", "architectures", "conv_bias",
    "conv_dim",
    "conv_kernel", "conv_pos_batch_norm", "conv_stride", "do_stable_layer_norm", "feat_extract_activation",
    "feat_extract_norm", "feat_proj_layer_norm", "hidden_act", "hidden_size", "intermediate_size",
    "is_causal",
    "layer_norm_eps",
    "model_type", "num_adapter_layers", "num_attention_heads", "num_conv_pos_embedding_groups",
    "num_conv_pos_embeddings",
    "num_hidden_layers", "output_hidden_size", "pad_token_id", "quantization_config", "vocab_size",
  ]

  /// Fields that `HubertForCTC` and `Wav2Vec2ForCTC` do not look at when they infer: training (dropouts,
  /// masks, losses), other heads, derived values, storage, and what every transformers configuration carries.
  private static let harmless: Set<String> = [
    // training
    "activation_dropout", "apply_spec_augment", "attention_dropout", "attention_probs_dropout_prob",
    "ctc_loss_reduction",
    "ctc_zero_infinity", "diversity_loss_weight", "feat_extract_dropout", "feat_proj_dropout",
    "feat_quantizer_dropout",
    "final_dropout", "freeze_feat_extract_train", "gradient_checkpointing", "hidden_dropout",
    "hidden_dropout_prob",
    "initializer_range", "layerdrop", "mask_channel_length", "mask_channel_min_space", "mask_channel_other",
    "mask_channel_prob", "mask_channel_selection", "mask_feature_length", "mask_feature_min_masks",
    "mask_feature_other", "mask_feature_selection", "mask_feature_prob",
    "mask_time_length", "mask_time_min_masks", "mask_time_min_space", "mask_time_other", "mask_time_prob",
    "mask_time_selection", "no_mask_channel_overlap", "no_mask_feature_overlap", "no_mask_time_overlap",
    // pre-training and other heads
    "classifier_proj_size", "codevector_dim", "contrastive_logits_temperature", "num_codevector_groups",
    "num_codevectors_per_group", "num_negatives", "proj_codevector_dim", "tdnn_dilation", "tdnn_dim",
    "tdnn_kernel",
    "use_weighted_layer_sum", "xvector_output_dim",
    // derived, or about files
    "dtype", "num_feat_extract_layers", "processor_class", "tokenizer_class", "torch_dtype",
    "transformers_version",
    "transformers.js_config",
    "auto_map",
    // what every configuration of transformers may carry
    "add_cross_attention", "attn_implementation", "bad_words_ids", "begin_suppress_tokens", "bos_token_id",
    "chunk_size_feed_forward", "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty",
    "do_sample",
    "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id", "forced_eos_token_id", "id2label", "is_decoder", "is_encoder_decoder", "label2id",
    "length_penalty", "max_length", "min_length", "name_or_path", "no_repeat_ngram_size", "num_beam_groups",
    "num_beams",
    "num_labels", "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores",
    "prefix",
    "problem_type",
    "pruned_heads", "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate",
    "sep_token_id", "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss",
    "tie_last_hidden_states", "tie_encoder_decoder",
    "tie_word_embeddings", "top_k", "top_p", "torchscript", "typical_p", "use_bfloat16", "use_return_dict",
    "use_cache",
  ]
}
