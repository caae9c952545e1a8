/// How the losses of B utterances become one number. Learning rates do not transfer from one to another.
public enum CTCReduction: String, CaseIterable, Sendable {
  /// Each stays by itself; the gradient is that of their sum.
  case none
  case sum
  /// Hugging Face's and PyTorch's `mean`: the mean over the batch of loss / max(U, 1), zeroed infinities
  /// counted.
  case mean
  /// fairseq's: sum / B.
  case sentence

  /// What an utterance's loss, and so its gradient, is multiplied by.
  func weight(ofLabels count: Int, utterances: Int) -> Double {
    switch self {
    case .none, .sum: 1
    case .mean: 1 / (Double(max(count, 1)) * Double(utterances))
    case .sentence: 1 / Double(utterances)
    }
  }

  /// Nil for ``none``; 0 for an empty batch. Added in the order of the utterances.
  public func reduce(_ losses: [Double], labelCounts: [Int]) -> Double? {
    if self == .none { return nil }
    return zip(losses, labelCounts).reduce(0) {
      $0 + $1.0 * weight(ofLabels: $1.1, utterances: losses.count)
    }
  }
}
