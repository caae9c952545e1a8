public import AcousticModel
public import Training

/// Figures of many batches together, each frame counting alike.
public struct PredictionAverage: Sendable {
  private var loss = 0.0
  private var masked = (right: 0.0, frames: 0)
  private var unmasked = (right: 0.0, frames: 0)
  private var predicted: [Int] = []

  public init() {}

  public mutating func add(_ figures: PretrainingFigures) {
    loss += figures.maskedLoss * Double(figures.maskedFrames)
    masked.right += figures.maskedAccuracy * Double(figures.maskedFrames)
    masked.frames += figures.maskedFrames
    unmasked.right += figures.unmaskedAccuracy * Double(figures.unmaskedFrames)
    unmasked.frames += figures.unmaskedFrames
    predicted = predicted.isEmpty ? figures.predicted : zip(predicted, figures.predicted).map { $0 + $1 }
  }

  /// Parts without frames are NaN.
  public func evaluation(atStep step: Int) -> PredictionEvaluation {
    PredictionEvaluation(
      step: step, loss: loss / Double(masked.frames), maskedAccuracy: masked.right / Double(masked.frames),
      unmaskedAccuracy: unmasked.right / Double(unmasked.frames),
      codeUsage: CodeUsage(predicted).perplexity / Double(max(1, predicted.count)))
  }
}
