public import AcousticModel

/// What a corpus is checked against, beside its vocabulary.
public struct CorpusCheckOptions: Sendable, Equatable {
  /// Gives the number of frames. The default is the standard feature encoder: a frame each 320 samples, which
  /// sees 400.
  public var configuration = ModelConfiguration()

  /// Shorter utterances are rejected; so are those without a frame.
  public var leastSeconds = 0.1
  /// Longer utterances are rejected: attention and its memory grow with the square of the length.
  public var mostSeconds = 30.0

  /// Utterances whose peak, or whose root mean square level, is below are silent. In dB relative to full
  /// scale; 16-bit quantisation noise is at -101, quiet but usable speech at a level of about -50.
  public var silentPeakDecibels = -60.0
  public var silentLevelDecibels = -70.0

  /// A declared duration may differ from the audio's by this, or by the part below if that is more.
  public var durationToleranceSeconds = 0.1
  public var durationTolerancePart = 0.02

  /// Speaking rates are judged by their logarithm's distance from the median: an outlier is more than
  /// ``rateDeviations`` robust standard deviations (1.4826 times the median absolute deviation; Iglewicz and
  /// Hoaglin 1993 take 3.5) and more than a factor of ``rateFactor`` away.
  public var rateDeviations = 3.5
  public var rateFactor = 2.0
  /// Fewer rows say too little about what is usual.
  public var fewestRatedRows = 20

  public init() {}
}

/// What training does about rows that a check rejects.
public enum BadRowPolicy: String, Sendable, Hashable, CaseIterable {
  case leaveOut = "leave-out"
  case stop
}
