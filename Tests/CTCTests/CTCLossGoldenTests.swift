import CTC
import Checkpoints
import Tensors
import TestSupport
import Testing

/// PyTorch's losses and gradients in float64, which `scripts/goldens/ctc_loss.py` wrote.
struct CTCLossGoldenTests {
  private let file: TensorFile
  init() throws { file = try TensorFile(path: golden("ctc_loss.safetensors")) }

  private func integers(_ name: String) throws -> [Int] { try file.floats(name).map { Int($0) } }

  @Test(arguments: ["documented", "edges", "peaky"], KernelLevel.supported)
  func agreesWithPyTorch(name: String, level: KernelLevel) throws {
    let shape = try #require(file["\(name).logits"]?.shape)
    let (utterances, vocabularySize) = (shape[1], shape[2])
    let frames = try integers("\(name).frames")
    let counts = try integers("\(name).label_counts")
    let labels = try integers("\(name).labels")
    let logits = try file.floats("\(name).logits")
    let stride = labels.count / utterances
    /// The frames of one utterance out of (T, B, V).
    func rows(_ values: [Float], _ utterance: Int) -> [Float] {
      (0..<frames[utterance]).flatMap { t -> ArraySlice<Float> in
        let start = (t * utterances + utterance) * vocabularySize
        return values[start..<start + vocabularySize]
      }
    }
    let batch = LossBatch(
      vocabularySize: vocabularySize,
      (0..<utterances).map { (rows(logits, $0), Array(labels[$0 * stride..<$0 * stride + counts[$0]])) })
    for reduction in CTCReduction.allCases {
      for zeroInfinity in [false, true] {
        let key = "\(name).\(reduction).\(zeroInfinity ? "zeroed" : "plain")"
        let loss = CTCLoss(
          blank: try integers("\(name).blank")[0], reduction: reduction, zeroInfinity: zeroInfinity)
        let result = try batch.evaluate(loss, on: Compute(threads: 2, level: level))
        let found = result.batch.value.map { [$0] } ?? result.batch.losses
        let expected = try file.floats("\(key).loss")
        try #require(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
          // The golden's rounding to Float, and ours of each frame.
          let tolerance = rounding * Double(expected) + Double(shape[0]) * 4 * rounding
          #expect(found == Double(expected) || abs(found - Double(expected)) <= tolerance, "\(key)")
        }
        // Ours of an infinite loss is 0 either way.
        let gradient = try file.floats("\(name).\(reduction).gradient")
        let packed = (0..<utterances).flatMap { rows(gradient, $0) }.map(Double.init)
        #expect(largestDifference(result.gradient, packed) < 2e-6, "\(key)")
      }
    }
  }
}
