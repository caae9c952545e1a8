/// What training makes random, as Hugging Face's configurations define it.
///
/// LayerDrop (Fan et al. 2020) skips a transformer layer for a whole step; the convolutions behind wav2vec
/// 2.0 (`add_adapter`) are never skipped, since the number of frames would change.
public struct Regularization: Sendable, Equatable {
  /// On what comes out of the positional convolution, attention and feed-forward.
  public var hiddenDropout: Float = 0
  /// Behind the feed-forward's activation.
  public var activationDropout: Float = 0
  /// On the weights of attention.
  public var attentionDropout: Float = 0
  public var featureProjectionDropout: Float = 0
  /// Before the CTC head.
  public var finalDropout: Float = 0
  /// Probability that a transformer layer is skipped.
  public var layerDrop: Float = 0
  /// Spans of frames that become `masked_spec_embed` (SpecAugment, Park et al. 2019).
  public var timeMask = SpanMask()
  /// Spans of channels that become 0 in all frames of an utterance.
  public var featureMask = SpanMask()

  /// Everything off.
  public init() {}

  public static let none = Regularization()

  /// `mask_*_prob`, `mask_*_length` and `mask_*_min_masks`.
  public struct SpanMask: Sendable, Equatable {
    /// The share of positions that would be masked if spans did not overlap.
    public var probability: Double
    public var length: Int
    /// Fewest spans.
    public var minimum: Int

    public init(probability: Double = 0, length: Int = 10, minimum: Int = 0) {
      self.probability = probability
      self.length = length
      self.minimum = minimum
    }
  }
}
