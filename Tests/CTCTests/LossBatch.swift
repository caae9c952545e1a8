import CTC
import Tensors

/// A batch in memory: logits of all utterances laid end to end, and room for the gradient.
struct LossBatch {
  let logits: Matrix
  let gradient: Matrix
  let targets: [CTCTarget]
  private let memory: AlignedBuffer

  /// - Parameter utterances: logits (T, V) and labels of each.
  init(vocabularySize: Int, _ utterances: [(logits: [Float], labels: [Int])]) {
    let values = utterances.flatMap(\.logits)
    let frames = values.count / vocabularySize
    memory = AlignedBuffer(count: 2 * values.count)
    for (index, value) in values.enumerated() { memory.pointer[index] = value }
    logits = Matrix(memory.pointer, rows: frames, columns: vocabularySize, stride: vocabularySize)
    gradient = Matrix(
      memory.pointer + values.count, rows: frames, columns: vocabularySize, stride: vocabularySize)
    var end = 0
    targets = utterances.map { utterance in
      let start = end
      end += utterance.logits.count / vocabularySize
      return CTCTarget(frames: start..<end, labels: utterance.labels)
    }
  }

  /// The losses, and the gradient (N, V).
  func evaluate(_ loss: CTCLoss, on compute: Compute) throws -> (batch: CTCBatchLoss, gradient: [Float]) {
    // What a gradient leaves unwritten shows.
    for r in 0..<gradient.rows { for c in 0..<gradient.columns { gradient.row(r)[c] = .nan } }
    let batch = try loss.evaluate(logits: logits, targets: targets, gradient: gradient, on: compute)
    return (batch, gradient.elements())
  }
}

/// The loss and gradient of one utterance.
func lossOfOne(
  _ logits: [Float], vocabularySize: Int, labels: [Int], blank: Int = 0,
  on compute: Compute = Compute(threads: 1)
) throws -> (loss: Double, gradient: [Float]) {
  let batch = LossBatch(vocabularySize: vocabularySize, [(logits, labels)])
  let result = try batch.evaluate(CTCLoss(blank: blank, reduction: .none), on: compute)
  return (result.batch.losses[0], result.gradient)
}

/// The largest absolute difference; infinite where one is NaN or the counts differ.
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) {
    let difference = abs(Double($1.0) - $1.1)
    return difference.isNaN ? .infinity : max($0, difference)
  }
}
