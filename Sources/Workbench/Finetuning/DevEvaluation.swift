import AcousticModel
import CTC
import Evaluation
import Training
import Vocabulary

/// Loss and error rates of greedy decoding on the dev set.
struct DevEvaluation {
  let examples: [FinetuneCorpus.Example]
  let vocabulary: CTCVocabulary
  let reduction: CTCReduction
  let zeroInfinity: Bool

  struct Result {
    let record: EvaluationRecord
    /// The part of the utterances with a reference whose greedy text is empty.
    let emptyFraction: Double
  }

  /// The mean over utterances of the loss, or of the loss a label where training reduces by `mean`.
  func run(_ model: TrainableModel, _ source: FeatureSource, step: Int) throws -> Result {
    let decoder = GreedyDecoder(blank: vocabulary.blank)
    var rates = ErrorRates()
    var sum = 0.0
    var (spoken, empty) = (0, 0)
    let batch = 16
    for first in stride(from: 0, to: examples.count, by: batch) {
      let part = examples[first..<min(first + batch, examples.count)]
      let emissions = model.emissions(for: try part.map { try source.input(of: $0) })
      for (example, emissions) in zip(part, emissions) {
        let loss = -emissions.logProbability(of: example.labels, blank: vocabulary.blank)
        let counted = zeroInfinity && loss == .infinity ? 0 : loss
        sum += reduction == .mean ? counted / Double(max(1, example.labels.count)) : counted
        let text = vocabulary.text(ofCollapsed: decoder.decode(emissions).labels)
        rates.add(reference: example.reference, hypothesis: text)
        if !example.labels.isEmpty {
          spoken += 1
          if text.isEmpty { empty += 1 }
        }
      }
    }
    return Result(
      record: EvaluationRecord(
        step: step, loss: sum / Double(max(1, examples.count)), wer: rates.wordErrorRate ?? .nan,
        cer: rates.characterErrorRate ?? .nan),
      emptyFraction: Double(empty) / Double(max(1, spoken)))
  }
}
