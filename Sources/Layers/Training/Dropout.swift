package import CKernels
public import Tensors

/// The frames of an utterance in a packed batch, and what its random numbers are drawn with.
public struct UtteranceRows: Sendable {
  public let rows: Range<Int>
  /// Tells the utterances of a step apart to the random numbers.
  public let key: UInt32

  public init(rows: Range<Int>, key: UInt32) {
    self.rows = rows
    self.key = key
  }
}

/// Dropout (Srivastava et al. 2014) of a site of the network: elements become 0 with a probability, the
/// others grow so that the expectation stays.
///
/// The mask is a function of seed, step, site, utterance, frame and column. It is not kept: the backward pass
/// draws it again, for less than it would cost to read. Probabilities are rounded to 1/65536.
public struct Dropout: Sendable {
  package let threshold: UInt32
  package let random: RandomSource

  /// - Parameter probability: of an element to be dropped, 0 ..< 1.
  public init(probability: Float, random: RandomSource) {
    precondition((0..<1).contains(probability), "a dropout probability of \(probability)")
    threshold = UInt32((probability * 65536).rounded())
    self.random = random
  }

  /// Nothing is dropped.
  public var isOff: Bool { threshold == 0 }

  /// y = residual + dropout(x), (N, columns). `y` may be `x` or `residual`. The backward pass is the same
  /// function of the gradient.
  public func apply(
    _ x: Matrix, into y: Matrix, residual: Matrix? = nil, utterances: [UtteranceRows], on compute: Compute
  ) {
    let kernels = compute.kernels
    let rowsPerTask = 16
    let tasks = utterances.flatMap { utterance in
      stride(from: utterance.rows.lowerBound, to: utterance.rows.upperBound, by: rowsPerTask).map {
        (utterance, $0..<min($0 + rowsPerTask, utterance.rows.upperBound))
      }
    }
    compute.run(tasks: tasks.count) { task, _ in
      let (utterance, rows) = tasks[task]
      for row in rows {
        applyRow(
          x.row(row), into: y.row(row), residual: residual?.row(row), count: x.columns,
          frame: row - utterance.rows.lowerBound, utterance: utterance.key, kernels)
      }
    }
  }

  /// One row, on the calling thread.
  package func applyRow(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>? = nil,
    count: Int, frame: Int, utterance: UInt32, _ kernels: ck_kernels
  ) {
    var start = random.start(row: frame, utterance: utterance)
    kernels.dropout(y, x, residual, count, &start, threshold)
  }
}
