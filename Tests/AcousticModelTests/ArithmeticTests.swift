import Testing

@testable import AcousticModel

struct ArithmeticTests {
  /// GFLOP of a stage, or of all but the head, which published counts leave out.
  private func gigaflop(_ seconds: Int, _ stages: Stage...) -> Double {
    let arithmetic = Arithmetic(ModelConfiguration(), samples: seconds * 16_000)
    let operations =
      stages.isEmpty ? arithmetic.total - arithmetic[.head] : stages.reduce(0) { $0 + arithmetic[$1] }
    return operations * 1e-9
  }

  /// The published numbers have one decimal.
  private let rounding = 0.05

  @Test(arguments: [(2, 28.0), (10, 148.1), (30, 500.0)])
  func theBaseModelTakesWhatIsPublished(seconds: Int, expected: Double) {
    #expect(abs(gigaflop(seconds) - expected) <= rounding)
  }

  @Test func itsPartsTakeWhatIsPublished() {
    #expect(abs(gigaflop(10, .featureEncoder) - 49.1) <= rounding)
    #expect(abs(gigaflop(10, .positionalConvolution) - 4.7) <= rounding)
    #expect(abs(gigaflop(10, .attentionLinear, .feedForward) - 84.8) <= rounding)
    #expect(abs(gigaflop(10, .attentionProducts) - 9.2) <= rounding)
    #expect(gigaflop(10, .norms) == 0)
  }

  @Test func theHeadIsOneProduct() {
    let head = Arithmetic(ModelConfiguration(), samples: 160_000)[.head]
    #expect(head == 2 * 499 * 768 * 32)
  }

  @Test func anAdapterIsCountedWithTheHeadAtItsOwnFrames() {
    var configuration = ModelConfiguration()
    configuration.architecture = .wav2vec2
    configuration.adapter = AdapterConfiguration(width: 10, layers: 1, kernel: 3, stride: 2)
    // 499 frames are projected to width 10, convolved to 250 frames of 20 channels, then 250 x 10 x 32.
    let expected = 2 * (499 * 768 * 10 + 250 * 30 * 20 + 250 * 10 * 32)
    #expect(Arithmetic(configuration, samples: 160_000)[.head] == Double(expected))
  }

  @Test func anAttentionAdapterIsCountedWithTheFeedForward() {
    var configuration = ModelConfiguration()
    configuration.attentionAdapterWidth = 16
    let more = Arithmetic(configuration, samples: 160_000)[.feedForward]
    let less = Arithmetic(ModelConfiguration(), samples: 160_000)[.feedForward]
    #expect(more - less == Double(12 * 2 * 499 * 2 * 768 * 16))
  }

  @Test func tooShortForAFrameTakesNothingButWhatLayersStillGive() {
    let arithmetic = Arithmetic(ModelConfiguration(), samples: 399)
    #expect(arithmetic.total == arithmetic[.featureEncoder])
    #expect(Arithmetic(ModelConfiguration(), samples: 0).total == 0)
  }

  @Test func aTrainedFeatureEncoderTakesThreeTimesItsForwardPassButTheGradientOfTheWaveform() {
    let configuration = ModelConfiguration()
    let forward = Arithmetic(configuration, samples: 160_000)
    let frozen = Arithmetic.ofTrainingStep(configuration, samples: [160_000])
    let trained = Arithmetic.ofTrainingStep(configuration, samples: [160_000], trainsFeatureEncoder: true)
    // The first of seven convolutions gives 31,999 frames of 512 channels from 10 samples each.
    #expect(trained - frozen == 3 * forward[.featureEncoder] - 2 * 31_999 * 512 * 10)
  }

  @Test func aStepOfPretrainingHasTheHeadOfItsClusters() {
    let configuration = ModelConfiguration()
    let found = Arithmetic.ofPretrainingStep(
      configuration, MaskedPrediction(classes: 500), samples: [160_000, 160_000])
    let trained = Arithmetic.ofTrainingStep(configuration, samples: [160_000], trainsFeatureEncoder: true)
    // 499 frames: 768 to 256, and 256 with each of 500 embeddings; in place of 768 to 32.
    let weights = 768 * 256 + 256 * 500 - 768 * 32
    let heads = Double(3 * 2 * 499 * weights)
    #expect(abs(found - 2 * (trained + heads)) <= 1e-12 * found)
  }
}
