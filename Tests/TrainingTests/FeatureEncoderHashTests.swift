import AcousticModel
import Checkpoints
import Tensors
import TestSupport
import Testing
import Training

@Suite struct `The hash of a feature encoder` {
  func hash(
    _ path: String, change: (inout ModelConfiguration, inout Preprocessing) -> Void = { _, _ in }
  ) throws -> String {
    var configuration = try ModelConfiguration(contentsOf: "\(path)/config.json")
    var preprocessing = try Preprocessing(directory: path)
    change(&configuration, &preprocessing)
    return try featureEncoderHash(
      weights: try TensorArchive(path: path), configuration: configuration, preprocessing: preprocessing)
  }

  @Test func `it follows from what makes features, and from nothing else`() throws {
    let model = goldenModel()
    let base = try hash(model)
    #expect(base.utf8.count == 64)
    #expect(
      try hash(model) { configuration, _ in
        configuration.vocabularySize = 99; configuration.layers = 1
      } == base)
    #expect(try hash(model) { configuration, _ in configuration.featureActivation = .relu } != base)
    #expect(try hash(model) { configuration, _ in configuration.convolutionStrides[0] += 1 } != base)
    #expect(try hash(model) { _, preprocessing in preprocessing.normalises.toggle() } != base)
  }

  @Test func `a bit of a weight changes it`() throws {
    let directory = TemporaryDirectory()
    let model = goldenModel()
    directory.folder("m")
    for name in names(in: model) {
      var bytes = contents(of: "\(model)/\(name)")
      if name == "model.safetensors" {
        let weights = try TensorFile(path: "\(model)/\(name)")
        let last = try #require(
          weights.tensors.last { $0.name.contains("feature_extractor.conv_layers.1.conv.weight") })
        bytes[last.byteRange.lowerBound] ^= 1
      }
      directory.write(bytes, as: "m/\(name)")
    }
    #expect(try hash(directory.file("m")) != hash(model))
  }
}
