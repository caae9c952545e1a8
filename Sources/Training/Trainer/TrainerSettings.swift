public import AcousticModel
public import CTC

/// What a ``Trainer`` does in a step.
public struct TrainerSettings: Sendable, Equatable {
  public var schedule: LearningRateSchedule
  public var optimizer = AdamW.Settings()
  /// The largest norm of all gradients together; nil for any.
  public var clip: Double?
  public var freezing = Freezing()
  public var regularization = Regularization()
  public var reduction = CTCReduction.mean
  /// Counts infinite losses as 0.
  public var zeroInfinity = true
  /// nil for none.
  public var averageDecay: Double?
  /// nil to train all weights.
  public var lowRank: LowRankAdaptation.Settings?
  public var seed: UInt64 = 1
  public var checkpointsActivations = false
  /// Times the learning rate, for the feature encoder where that is trained.
  public var featureEncoderRateScale = 1.0

  public init(schedule: LearningRateSchedule) { self.schedule = schedule }
}
