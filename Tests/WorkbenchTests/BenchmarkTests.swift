import AcousticModel
import Checkpoints
import JSON
import TestSupport
import Testing

@testable import Workbench

/// Where a test writes an array.
private func withArray(_ floats: [Float], shape: [Int], _ body: (String) throws -> Void) throws {
  let directory = TemporaryDirectory()
  try withExtendedLifetime(directory) {
    let path = directory.file("array.npy")
    try NumPyFile.write(floats, shape: shape, to: path)
    try body(path)
  }
}

struct ModelBenchmarkTests {
  private let stages = [
    "feature_encoder", "feature_projection", "positional_convolution", "attention_linear",
    "attention_products",
    "feed_forward", "norms", "head", "other",
  ]

  private func check(_ timing: ModelTiming, seconds: Double) throws {
    let json = try JSONValue(parsing: timing.json)
    #expect(json["bench"] == "model")
    #expect(json["audio_seconds"] == .number(seconds))
    #expect(json["threads"] == 1)
    #expect(json["precision"] == "fp32")
    #expect(json["runs"] == 3)
    #expect(json["stages"]?.object?.keys == stages)
    #expect(try #require(json["seconds"]?.double) > 0)
    #expect(try #require(json["fraction_of_peak"]?.double) > 0)
    #expect(try #require(json["peak_bytes"]?.int) > 1 << 20)
    // A line for the title, one for the heads, one for each stage.
    #expect(timing.text.split(separator: "\n").count == 2 + stages.count)
  }

  @Test func aCheckpointIsTimedStageByStage() throws {
    let benchmark = try ModelBenchmark(model: goldenModel("hubert-base"), threads: 1)
    for seconds in [0.5, 1.0] {
      try check(benchmark.measure(audioSeconds: seconds, runs: 3), seconds: seconds)
    }
  }

  @Test(arguments: [
    "hubert-base", "hubert-batch-norm", "wav2vec2-large", "wav2vec2-adapter-projected", "wav2vec2-mms",
  ])
  func aConfigurationIsTimedWithRandomWeights(variant: String) throws {
    let benchmark = try ModelBenchmark(configuration: "\(goldenModel(variant))/config.json", threads: 1)
    try check(benchmark.measure(audioSeconds: 1, runs: 3), seconds: 1)
  }

  /// A directory that cannot be written in must not be taken for the one that is removed afterwards.
  @Test func aPlaceWithoutRoomForRandomWeightsIsNamed() throws {
    let directory = TemporaryDirectory()
    let file = directory.write("kept", as: "model.safetensors")
    let weights = try RandomWeights(
      configuration: ModelConfiguration(contentsOf: "\(goldenModel("hubert-base"))/config.json"))
    #expect(
      throws: InputFailure(
        "\(file): cannot hold temporary files: Not a directory; set TMPDIR to a directory that can")
    ) {
      try weights.archive(in: file)
    }
    #expect(directory.names == ["model.safetensors"])
    // The mapping needs no name, and so nothing stays behind.
    directory.folder("weights")
    #expect(try !weights.archive(in: directory.file("weights")).names.isEmpty)
    #expect(names(in: directory.file("weights")) == [])
  }

  @Test func audioTooShortForAFrameIsRefused() throws {
    let benchmark = try ModelBenchmark(model: goldenModel("hubert-base"), threads: 1)
    #expect(throws: BenchmarkError.self) { try benchmark.measure(audioSeconds: 0.02, runs: 1) }
  }
}

struct PretrainingBenchmarkTests {
  private func benchmark(_ lengths: [Double]) throws -> PretrainingBenchmark {
    try PretrainingBenchmark(
      configuration: "\(goldenModel("hubert-large"))/config.json", clusters: 5, lengths: lengths,
      dropout: 0.1,
      threads: 1)
  }

  @Test func aStepIsTimedInItsParts() throws {
    let timing = try benchmark([1, 0.5]).measure(runs: 2)
    let json = try JSONValue(parsing: timing.json)
    #expect(json["bench"] == "pretrain" && json["lengths"] == [1.0, 0.5] && json["clusters"] == 5)
    #expect(json["dropout"] == .number(0.1) && json["runs"] == 2 && json["threads"] == 1)
    let parts = try ["forward", "backward", "optimizer"].map { try #require(json[$0]?.double) }
    #expect(parts.allSatisfy { $0 > 0 })
    #expect(try #require(json["seconds"]?.double) > 0)
    #expect(try #require(json["fraction_of_peak"]?.double) > 0)
    #expect(try #require(json["workspace_bytes"]?.int) > 0)
    #expect(timing.text.split(separator: "\n").count == 2)
  }

  @Test func cropsTooShortForAFrameAreRefused() {
    #expect(throws: BenchmarkError.self) { try benchmark([1, 0.02]) }
  }
}

struct LossBenchmarkTests {
  @Test func aBatchIsTimed() throws {
    let shape = try #require(LossShape("12,2,5,3"))
    let json = try JSONValue(parsing: LossBenchmark(shape: shape, threads: 2).measure(runs: 2).json)
    #expect(json["bench"] == "ctc")
    #expect(json["shape"] == [12, 2, 5, 3])
    #expect(json["threads"] == 2)
    #expect(try #require(json["seconds"]?.double) > 0)
  }

  @Test(arguments: [
    "", "1,1,2", "1,1,2,0,0", "0,1,2,0", "1,0,2,0", "1,1,1,0", "1,1,2,-1", "1,1,x,1", "1,1,2,",
    "1000000,1000000,1000000,1", "99999999999999999999,1,2,1",
  ])
  func shapesThatAreNoneAreRefused(text: String) {
    #expect(LossShape(text) == nil)
  }

  @Test func labelsThatDoNotFitAreSaidSo() throws {
    let shape = try #require(LossShape("3,1,5,4"))
    #expect(throws: BenchmarkError.self) { try LossBenchmark(shape: shape, threads: 1).measure(runs: 1) }
  }
}

struct DecoderBenchmarkTests {
  @Test func utterancesAreTimed() throws {
    try withArray([-0.1, -3, -3, -0.1], shape: [2, 2]) { path in
      let timing = try DecoderBenchmark(emissions: [path, path, path]).measure(.greedy, runs: 2)
      let json = try JSONValue(parsing: timing.json)
      #expect(json["bench"] == "decode")
      #expect(json["decoder"] == "greedy")
      #expect(json["utterances"] == 3)
      #expect(try #require(json["seconds_median"]?.double) > 0)
    }
  }

  @Test func theBlankIsTheVocabularys() throws {
    try withArray([-0.1, -3, -3, -0.1], shape: [2, 2]) { path in
      // <pad> of the tiny vocabulary is 0, which two tokens hold; <unk> is 3, which they do not.
      let vocabulary = "\(goldenModel("hubert-base"))/vocab.json"
      _ = try DecoderBenchmark(emissions: [path], vocabulary: vocabulary)
      #expect(throws: BenchmarkError.self) {
        try DecoderBenchmark(emissions: [path], vocabulary: vocabulary, blankToken: "<unk>")
      }
    }
  }

  @Test func arraysThatAreNoEmissionsAreRefusedByName() throws {
    try withArray([0, .nan], shape: [1, 2]) { path in
      #expect(throws: BenchmarkError("\(path): frame 0 holds NaN or +inf; these are no emissions")) {
        try DecoderBenchmark(emissions: [path])
      }
    }
    try withArray([0, 0], shape: [2]) { path in
      #expect(throws: CheckpointError.self) { try DecoderBenchmark(emissions: [path]) }
    }
  }

  @Test func theMedianIsTheMiddle() {
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 2, 3]) == 2.5)
  }
}
