import CTC
import JSON
import Tensors

/// Times the CTC loss and its gradient, log-softmax included, on a batch of noise.
public final class LossBenchmark {
  private let shape: LossShape
  private let compute: Compute
  private let memory: AlignedBuffer
  private let logits: Matrix
  private let gradient: Matrix
  private let targets: [CTCTarget]

  public init(shape: LossShape, threads: Int) throws {
    self.shape = shape
    compute = Compute(threads: threads, level: try .chosen())
    let frames = shape.frames * shape.utterances
    let columns = shape.vocabularySize
    let noise = ModelBenchmark.noise(frames * columns)
    memory = AlignedBuffer(count: 2 * noise.count)
    memory.pointer.update(from: noise, count: noise.count)
    logits = Matrix(memory.pointer, rows: frames, columns: columns, stride: columns)
    gradient = Matrix(memory.pointer + noise.count, rows: frames, columns: columns, stride: columns)
    // Labels other than the blank, which is 0, in a fixed irregular order.
    targets = (0..<shape.utterances).map { utterance in
      CTCTarget(
        frames: utterance * shape.frames..<(utterance + 1) * shape.frames,
        labels: (0..<shape.labels).map { 1 + ($0 * $0 + 7 * utterance) % (shape.vocabularySize - 1) })
    }
  }

  /// The median of `runs` evaluations, after one that is not counted.
  /// - Throws: an error if the labels do not fit into the frames, which leaves nothing to time.
  public func measure(runs: Int) throws -> LossTiming {
    var seconds: [Double] = []
    for run in 0...runs {
      let start = monotonicSeconds()
      let loss = try CTCLoss(reduction: .sum).evaluate(
        logits: logits, targets: targets, gradient: gradient, on: compute)
      if run > 0 { seconds.append(monotonicSeconds() - start) }
      guard loss.value?.isFinite == true else {
        throw BenchmarkError(
          "\(shape.labels) labels do not fit into \(shape.frames) frames, repeats counted twice")
      }
    }
    return LossTiming(shape: shape, threads: compute.threads, seconds: median(seconds))
  }
}

/// The size of a batch of equal utterances.
public struct LossShape {
  public let frames: Int
  public let utterances: Int
  public let vocabularySize: Int
  public let labels: Int

  /// "T,B,V,S": frames and utterances above 0, a vocabulary of at least 2, labels from 0; nil for anything
  /// else, and for more than 2^31 logits.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard parts.count == 4, parts.allSatisfy({ (0...1 << 20).contains($0) }), parts[0] > 0, parts[1] > 0,
      parts[2] > 1, parts[0] * parts[1] * parts[2] <= 1 << 31
    else { return nil }
    (frames, utterances, vocabularySize, labels) = (parts[0], parts[1], parts[2], parts[3])
  }

  var numbers: [Int] { [frames, utterances, vocabularySize, labels] }
}

/// How long the loss of a batch takes, forward and gradient.
public struct LossTiming {
  let shape: LossShape
  let threads: Int
  /// Of the whole batch.
  let seconds: Double

  public var json: String {
    let document: JSONValue = [
      "bench": "ctc", "shape": .array(shape.numbers.map { .integer(Int64($0)) }),
      "threads": .integer(Int64(threads)), "seconds": .number(seconds),
    ]
    return document.text(.spaced)
  }

  public var text: String {
    "\(shape.utterances) x \(shape.frames) frames, \(shape.vocabularySize) tokens, \(shape.labels) labels, "
      + "\(threads) \(threads == 1 ? "thread" : "threads"): \(decimals(seconds * 1000, 3)) ms"
  }
}
