extension ComparisonPage {
  /// What can be heard and seen of one utterance. Times are seconds from its beginning.
  public struct Sound: Sendable, Equatable {
    /// Nil where it cannot be played.
    public var audio: PlayableAudio?
    public var peaks: WaveformPeaks
    /// One for each model among the systems.
    public var emissions: [EmissionImage] = []
    /// A system each, in their order.
    public var tracks: [Track] = []
    /// The reference in time, where it was aligned.
    public var reference: [TimedWord] = []

    public init(audio: PlayableAudio?, peaks: WaveformPeaks) {
      self.audio = audio
      self.peaks = peaks
    }
  }

  /// How a system came to its hypothesis.
  public struct Track: Sendable, Equatable {
    /// The place of its emissions in ``Sound/emissions``; nil where there are none.
    public var emissions: Int?
    /// (T): the token of each frame, the blank included; empty where it is not known.
    public var path: [Int]
    public var words: [TimedWord]

    public init(emissions: Int?, path: [Int] = [], words: [TimedWord] = []) {
      self.emissions = emissions
      self.path = path
      self.words = words
    }
  }

  public struct TimedWord: Sendable, Equatable {
    public var text: String
    public var startSeconds: Double
    public var endSeconds: Double
    /// In 0...1.
    public var confidence: Double?

    public init(_ text: String, startSeconds: Double, endSeconds: Double, confidence: Double? = nil) {
      self.text = text
      self.startSeconds = startSeconds
      self.endSeconds = endSeconds
      self.confidence = confidence
    }
  }
}
