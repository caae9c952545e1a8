/// What is done to an utterance's audio before training sees it. All off unless set.
public struct AugmentationOptions: Sendable, Equatable {
  /// Factors of which one is drawn for each utterance and epoch, with equal odds; 1 leaves it as it is. Pitch
  /// and tempo change together (Ko et al. 2015 take 0.9, 1.0 and 1.1).
  public var speedFactors: [Double] = []
  /// Where the change of level is drawn from, in dB. A model whose preprocessing normalises does not notice.
  public var gainDecibels: ClosedRange<Double>?
  public var noise: Noise?

  public struct Noise: Sendable, Equatable {
    public enum Source: Sendable, Equatable {
      /// Gaussian, independent from sample to sample.
      case white
      /// A stretch of one of these recordings, from a random place on, from the start again at its end.
      case recordings([String])
    }

    public var source: Source
    /// Where the ratio of the utterance's power to the noise's is drawn from, in dB.
    public var signalToNoiseDecibels: ClosedRange<Double>
    /// The part of utterances that get noise.
    public var probability: Double

    public init(
      source: Source = .white, signalToNoiseDecibels: ClosedRange<Double> = 10...30, probability: Double = 1
    ) {
      self.source = source
      self.signalToNoiseDecibels = signalToNoiseDecibels
      self.probability = probability
    }
  }

  public init() {}

  /// Whether nothing is ever changed.
  public var isOff: Bool { speedFactors.allSatisfy { $0 == 1 } && gainDecibels == nil && noise == nil }
}
