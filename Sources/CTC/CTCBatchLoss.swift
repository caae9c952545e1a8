/// The CTC loss of a batch.
public struct CTCBatchLoss: Equatable, Sendable {
  /// Each utterance's loss, in nats, before the reduction.
  public let losses: [Double]
  /// The reduced loss; nil without a reduction.
  public let value: Double?
}
