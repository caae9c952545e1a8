import AcousticModel
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Training

/// What `scripts/goldens/pretrained.py` wrote: a `HubertModel`, whose names have no prefix, and a
/// `Wav2Vec2ForPreTraining`.
@Suite struct `A checkpoint of pre-training` {
  static let variants = ["hubert-pretrained", "wav2vec2-pretrained"]

  func configuration(_ variant: String) throws -> ModelConfiguration {
    try ModelConfiguration(contentsOf: "\(golden(variant))/config.json", acceptsPretrained: true)
  }

  @Test func `its configuration is that of the model that fine-tuning makes`() throws {
    #expect(try configuration("hubert-pretrained").architecture == .hubert)
    #expect(try configuration("wav2vec2-pretrained").architecture == .wav2vec2)
    let error = #expect(throws: ConfigurationError.self) {
      try ModelConfiguration(contentsOf: "\(golden("wav2vec2-pretrained"))/config.json")
    }
    #expect(
      error?.reason
        == "expected HubertForCTC or Wav2Vec2ForCTC, found \"Wav2Vec2ForPreTraining\", which has no CTC head; "
        + "train one with warbler finetune, which writes Wav2Vec2ForCTC")
  }

  @Test(arguments: variants)
  func `its feature encoder gives transformers' features`(variant: String) throws {
    let compute = Compute(threads: 2)
    let encoder = try FrozenFeatureEncoder(
      configuration: configuration(variant),
      weights: TensorArchive(path: "\(golden(variant))/model.safetensors"), on: compute)
    let waveform = try TensorFile(path: "\(goldenModels)/waveforms.safetensors").floats(
      "normalized.second")
    let expected = try TensorFile(path: "\(golden(variant))/features.safetensors").floats("features")
    let found = withExtendedLifetime(encoder.features(of: waveform)) { $0.matrix.elements() }
    #expect(found.count == expected.count && found.count == 49 * 8)
    // Seven layers of sums of at most 32 products, each off by so many roundings of the largest.
    let largest = expected.reduce(0) { max($0, abs($1)) }
    let bound = 7 * 32 * 2 * Float(rounding) * largest
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= bound) }
  }

  @Test(arguments: variants)
  func `its weights are read, and a head is drawn`(variant: String) throws {
    var configuration = try configuration(variant)
    configuration.vocabularySize = 5
    let archive = try TensorArchive(path: "\(golden(variant))/model.safetensors")
    #expect(!TrainingWeights.hasHead(archive))
    let initialisation = RandomInitialisation(configuration, seed: 4)
    let weights = try TrainingWeights(
      reading: archive, configuration: configuration, initialisation: initialisation, on: Compute(threads: 1))
    let prefix = archive.prefix(of: configuration)
    #expect(prefix == (variant == "hubert-pretrained" ? "" : "wav2vec2."))
    let stored = "\(prefix)encoder.layers.1.feed_forward.output_dense.weight"
    let name = "\(configuration.architecture.modelType).encoder.layers.1.feed_forward.output_dense.weight"
    #expect(weights.parameters[name].elements() == (try archive.floats(stored, expectingShape: [16, 24])))
    #expect(
      weights.featureEncoder[0].name
        == "\(configuration.architecture.modelType).feature_extractor.conv_layers.0.conv.weight")
    let head = weights.parameters["lm_head.weight"]
    #expect(
      head.rows == 5 && head.elements().contains { $0 != 0 } && head.elements().allSatisfy { abs($0) < 0.2 })
  }

  @Test func `the hash of its encoder does not depend on how names are spelled`() throws {
    let directory = TemporaryDirectory()
    let configuration = try configuration("hubert-pretrained")
    let archive = try TensorArchive(path: "\(golden("hubert-pretrained"))/model.safetensors")
    var writer = SafetensorsWriter()
    for parameter in ParameterList(configuration).parameters where parameter.part == .featureEncoder {
      let name = String(parameter.name.dropFirst("hubert.".count))
      writer.add(
        parameter.name, shape: parameter.shape, try archive.floats(name, expectingShape: parameter.shape))
    }
    try writer.write(to: directory.file("model.safetensors"))
    let hashes = try [archive, TensorArchive(path: directory.file("model.safetensors"))].map {
      try featureEncoderHash(weights: $0, configuration: configuration, preprocessing: Preprocessing())
    }
    #expect(hashes[0] == hashes[1])
  }
}
