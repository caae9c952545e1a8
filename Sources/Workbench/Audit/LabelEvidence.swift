/// What speaks against an utterance's reference. The larger a measure, the more likely the reference is wrong.
public struct LabelEvidence: Sendable, Equatable {
  /// How references are ranked.
  public enum Measure: String, Sendable, CaseIterable {
    /// -ln P(reference | sound) for each label, nats, the mean over the models.
    case loss
    /// By how many nats for each label a model holds what it hears itself for more probable, the mean over the
    /// models.
    case margin
    /// The character error rate of that system's text which is nearest to the reference: large only where
    /// every system hears something else.
    case disagreement
    /// How badly the reference's worst word fits where it would have to be said: the mean of -ln posterior over
    /// its frames in the forced alignment, the mean over the models.
    case alignment
  }

  public let id: String
  /// `manifest:line`.
  public let place: String
  public let audioPath: String
  public let durationSeconds: Double
  /// As the manifest has it.
  public let reference: String
  /// What each system heard.
  public let heard: [String]
  public let loss: Double
  public let margin: Double
  public let disagreement: Double
  public let alignment: Double
  /// The word that fits worst, for the model that it fits worst; nil if there is none that can be written.
  public let weakestWord: Transcript.Word?

  public subscript(measure: Measure) -> Double {
    switch measure {
    case .loss: loss
    case .margin: margin
    case .disagreement: disagreement
    case .alignment: alignment
    }
  }
}

extension [LabelEvidence] {
  /// The most suspicious first; of equals the first of the manifest comes first.
  func ranked(by measure: LabelEvidence.Measure) -> [LabelEvidence] {
    enumerated().sorted { ($1.element[measure], $0.offset) < ($0.element[measure], $1.offset) }
      .map(\.element)
  }
}
