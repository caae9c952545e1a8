import JSON
import Tensors
import TestSupport
import Testing

@testable import AcousticModel

@Suite("config.json")
struct ConfigurationTests {
  private func read(_ json: String) throws -> ModelConfiguration {
    try ModelConfiguration(FieldReader(path: "M/config.json", JSONValue(parsing: json)))
  }

  private func error(_ json: String) -> String? {
    do {
      _ = try read(json)
      return nil
    } catch { return "\(error)" }
  }

  @Test("an empty hubert configuration is HubertConfig(): hubert-base")
  func defaults() throws {
    let configuration = try read(#"{"model_type": "hubert"}"#)
    #expect(configuration == ModelConfiguration())
    #expect(configuration.receptiveField == 400 && configuration.hop == 320)
  }

  @Test("the adapter of wav2vec 2.0 has the defaults of Wav2Vec2Config")
  func adapterDefaults() throws {
    let configuration = try read(
      #"{"architectures": ["Wav2Vec2ForCTC"], "add_adapter": true, "hidden_size": 48}"#)
    #expect(configuration.adapter == AdapterConfiguration(width: 48, layers: 3, kernel: 3, stride: 2))
  }

  @Test("fields that the other architecture alone has do not change it")
  func foreignFields() throws {
    #expect(
      try read(#"{"model_type": "wav2vec2", "conv_pos_batch_norm": true}"#).positionalBatchNorm == false)
    #expect(try read(#"{"model_type": "hubert", "adapter_attn_dim": 16}"#).attentionAdapterWidth == nil)
  }

  @Test(
    "what is wrong or unknown is named",
    arguments: [
      (#"[]"#, "M/config.json: the file: a JSON object was expected"),
      (#"{}"#, "M/config.json: model_type: expected \"hubert\" or \"wav2vec2\", found nothing"),
      (#"{"model_type": "whisper"}"#, "model_type: expected \"hubert\" or \"wav2vec2\", found \"whisper\""),
      (
        #"{"architectures": ["HubertModel"]}"#,
        "architectures: expected HubertForCTC or Wav2Vec2ForCTC, found \"HubertModel\", which has no CTC head; "
          + "train one with warbler finetune, which writes HubertForCTC"
      ),
      (
        #"{"architectures": ["HubertForCTC"], "model_type": "wav2vec2"}"#,
        "model_type: \"wav2vec2\" does not go with"
      ),
      (#"{"model_type": "hubert", "rotary_base": 10000}"#, "rotary_base: Warbler does not know"),
      (
        #"{"model_type": "hubert", "hidden_act": "xielu"}"#,
        "hidden_act: the activation \"xielu\" is not supported"
      ),
      (
        #"{"model_type": "hubert", "hidden_size": 770}"#,
        "num_attention_heads: hidden_size 770 cannot be shared among 12"
      ),
      (#"{"model_type": "hubert", "hidden_size": "768"}"#, "hidden_size: expected a whole number"),
      (#"{"model_type": "hubert", "hidden_size": -1}"#, "hidden_size: expected a whole number from 1"),
      (
        #"{"model_type": "hubert", "conv_dim": [512]}"#,
        "conv_dim: conv_dim, conv_kernel and conv_stride list 1, 7 and 7"
      ),
      (
        #"{"model_type": "hubert", "conv_stride": [5,2,2,2,2,2,0]}"#,
        "conv_stride: expected a list of whole numbers"
      ),
      (
        #"{"model_type": "hubert", "feat_extract_norm": "batch"}"#,
        "feat_extract_norm: expected \"group\" or \"layer\""
      ),
      (#"{"model_type": "hubert", "layer_norm_eps": 0}"#, "layer_norm_eps: expected a number above 0"),
      (#"{"model_type": "hubert", "conv_bias": 1}"#, "conv_bias: expected true or false, found 1"),
      (
        #"{"model_type": "hubert", "pad_token_id": 32}"#, "pad_token_id: expected a whole number from 0 to 31"
      ),
      (
        #"{"model_type": "hubert", "num_conv_pos_embedding_groups": 7}"#,
        "num_conv_pos_embedding_groups: hidden_size 768"
      ),
      (#"{"model_type": "hubert", "add_adapter": true}"#, "add_adapter: expected false, found true"),
      (#"{"model_type": "wav2vec2", "is_causal": true}"#, "is_causal: expected false, found true"),
      (
        #"{"model_type": "hubert", "num_feat_extract_layers": 6}"#,
        "num_feat_extract_layers: conv_dim lists 7 layers"
      ),
      (
        #"{"model_type": "hubert", "quantization_config": {"bits": 4}}"#,
        "quantization_config: quantised weights"
      ),
    ])
  func refusals(json: String, message: String) {
    let found = error(json)
    #expect(found?.contains(message) == true, "\(found ?? "accepted")")
    #expect(found?.contains("\n") != true)
  }

  @Test("preprocessing is read from either kind of file")
  func preprocessing() throws {
    let fields = try FieldReader(
      path: "M/preprocessor_config.json",
      JSONValue(parsing: #"{"do_normalize": false, "sampling_rate": 8000}"#))
    let preprocessing = try Preprocessing(fields)
    #expect(preprocessing.sampleRate == 8000 && !preprocessing.normalises)
    let other = try FieldReader(
      path: "M/preprocessor_config.json",
      JSONValue(parsing: #"{"feature_extractor_type": "WhisperFeatureExtractor"}"#))
    #expect(throws: ConfigurationError.self) { try Preprocessing(other) }
  }
}

@Suite("Preprocessing files")
struct PreprocessingFileTests {
  @Test("of both files the newer counts, and a directory without either is named")
  func precedence() throws {
    let directory = TemporaryDirectory()
    #expect(throws: ConfigurationError.self) { try Preprocessing(directory: directory.path) }
    directory.write(Array(#"{"sampling_rate": 8000}"#.utf8), as: "preprocessor_config.json")
    #expect(try Preprocessing(directory: directory.path).sampleRate == 8000)
    directory.write(Array(#"{"processor_class": "Wav2Vec2Processor"}"#.utf8), as: "processor_config.json")
    #expect(try Preprocessing(directory: directory.path).sampleRate == 8000)
    directory.write(
      Array(#"{"feature_extractor": {"sampling_rate": 16000, "do_normalize": false}}"#.utf8),
      as: "processor_config.json")
    let preprocessing = try Preprocessing(directory: directory.path)
    #expect(preprocessing.sampleRate == 16_000 && !preprocessing.normalises)
  }
}

@Suite("Moments of a waveform's windows")
struct WindowMomentsTests {
  @Test("a worked case: windows (1, 2) and (3, 6)")
  func workedByHand() {
    let moments = WindowMoments(of: [1, 2, 3, 6, 9], kernel: 2, stride: 2)
    #expect(moments.mean == [2, 4])
    // Deviations (-1, -2) and (1, 2).
    #expect(moments.covariance == [1, 2, 2, 4])
  }

  @Test("kernels wider than a vector work alike")
  func wide() {
    let samples = (0..<100).map { Float(($0 * 37) % 11) }
    let moments = WindowMoments(of: samples, kernel: 20, stride: 3)
    let windows = stride(from: 0, through: 80, by: 3).map { start in
      (0..<20).map { Double(samples[start + $0]) }
    }
    for i in 0..<20 {
      let mean = windows.reduce(0) { $0 + $1[i] } / Double(windows.count)
      #expect(abs(moments.mean[i] - mean) < 1e-12)
      for j in 0..<20 {
        let product = windows.reduce(0) { $0 + $1[i] * $1[j] } / Double(windows.count)
        let other = windows.reduce(0) { $0 + $1[j] } / Double(windows.count)
        #expect(abs(moments.covariance[i * 20 + j] - (product - mean * other)) < 1e-11)
      }
    }
  }
}
