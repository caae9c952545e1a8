import CKernels
import Layers
import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// Scores of hidden states against embeddings of clusters (``MaskedPrediction``), their cross-entropy, and
/// its gradients:
///
///     p = A h + b,   u = p / |p|,   v_c = e_c / |e_c|,   logits = u v^T / temperature
///     dp = (du - u (u . du)) / |p|,   de_c likewise
///
/// dv is gathered over a step, and becomes the gradient of e in ``finishGradients()``.
final class MaskedPredictionHead {
  private let projection: TrainableLinear
  private let embeddings: Parameter
  private let temperature: Float
  private let compute: Compute
  /// v, and dv; (classes, width).
  private let directions: ParameterStorage
  private let directionGradients: ParameterStorage
  private var lengths: [Float] = []

  /// PyTorch's `cosine_similarity` takes no vector as shorter than this.
  private static let shortest: Float = 1e-8

  init(_ reader: ParameterReader, temperature: Float, on compute: Compute) {
    projection = reader.linear("final_proj")
    embeddings = reader.parameter("label_embs_concat")
    self.temperature = temperature
    self.compute = compute
    let value = embeddings.value
    let layout = ParameterLayout([
      .init(name: "directions", shape: [value.rows, value.columns], part: .head)
    ])
    directions = ParameterStorage(layout)
    directionGradients = ParameterStorage(layout)
  }

  var classes: Int { embeddings.value.rows }
  private var v: Matrix { directions["directions"] }
  private var dv: Matrix { directionGradients["directions"] }

  /// Before the first pass, and after each change of the parameters.
  func prepare() {
    let e = embeddings.value
    lengths = [Float](repeating: 1, count: e.rows)
    for row in 0..<e.rows { lengths[row] = normalise(e.row(row), into: v.row(row), count: e.columns) }
  }

  /// y = x / |x|; returns |x|.
  private func normalise(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    let length = max(compute.kernels.dot(x, x, count).squareRoot(), Self.shortest)
    for column in 0..<count { y[column] = x[column] / length }
    return length
  }

  /// dx = (dy - y (y . dy)) / |x|, added to what is there or not.
  private func normaliseBackward(
    _ dy: UnsafePointer<Float>, direction y: UnsafePointer<Float>, length: Float,
    into dx: UnsafeMutablePointer<Float>, count: Int, adds: Bool
  ) {
    let along = compute.kernels.dot(y, dy, count)
    for column in 0..<count {
      let gradient = (dy[column] - y[column] * along) / length
      dx[column] = adds ? dx[column] + gradient : gradient
    }
  }

  /// Adds to the gradient of the embeddings what the step has gathered.
  func finishGradients() {
    let gradient = embeddings.gradient
    for row in 0..<gradient.rows {
      normaliseBackward(
        dv.row(row), direction: v.row(row), length: lengths[row], into: gradient.row(row),
        count: gradient.columns, adds: true)
    }
    directionGradients.clear()
  }

  /// Of each frame.
  struct Outcome {
    /// -ln p(target), in nats.
    var loss: [Double]
    /// The most probable class.
    var best: [Int]
  }

  /// The loss of each frame, and, with `weights`, the gradient of its weighted sum.
  /// - Parameters:
  ///   - h: (N, D).
  ///   - targets: the class of each frame.
  ///   - weights: of each frame's loss; nil for no gradients.
  ///   - dh: (N, D), overwritten with the gradient.
  func evaluate(
    _ h: Matrix, targets: [Int], weights: [Float]?, into dh: Matrix?, workspace: Workspace
  ) -> Outcome {
    let (frames, width) = (h.rows, projection.outputs)
    var outcome = Outcome(
      loss: [Double](repeating: 0, count: frames), best: [Int](repeating: 0, count: frames))
    workspace.scope {
      let p = workspace.matrix(rows: frames, columns: width)
      let u = workspace.matrix(rows: frames, columns: width)
      let logits = workspace.matrix(rows: frames, columns: classes)
      var norms = [Float](repeating: 1, count: frames)
      projection.forward(h, into: p, on: compute)
      norms.withUnsafeMutableBufferPointer { norms in
        let norms = Rows(pointer: norms.baseAddress)
        forEachRow(of: frames) { row in
          norms.pointer?[row] = normalise(p.row(row), into: u.row(row), count: width)
        }
      }
      compute.multiply(u, byTransposeOf: v, into: logits)
      outcome.loss.withUnsafeMutableBufferPointer { loss in
        outcome.best.withUnsafeMutableBufferPointer { best in
          let (loss, best) = (Rows(pointer: loss.baseAddress), Rows(pointer: best.baseAddress))
          forEachRow(of: frames) { row in
            let result = crossEntropy(logits.row(row), target: targets[row], weight: weights?[row] ?? 0)
            loss.pointer?[row] = result.loss
            best.pointer?[row] = result.best
          }
        }
      }
      guard weights != nil, let dh else { return }
      let du = workspace.matrix(rows: frames, columns: width)
      compute.multiply([(logits, v)], into: du)
      compute.accumulate(transposeOf: logits, times: u, into: dv)
      let dp = p
      forEachRow(of: frames) { row in
        normaliseBackward(
          du.row(row), direction: u.row(row), length: norms[row], into: dp.row(row), count: width, adds: false
        )
      }
      projection.accumulateGradients(dp, input: h, on: compute)
      projection.backward(dp, into: dh, on: compute)
    }
    return outcome
  }

  private struct Rows<Element>: @unchecked Sendable { let pointer: UnsafeMutablePointer<Element>? }

  private func forEachRow(of frames: Int, _ body: (Int) -> Void) {
    let rowsPerTask = 16
    compute.run(tasks: (frames + rowsPerTask - 1) / rowsPerTask) { task, _ in
      for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, frames) { body(row) }
    }
  }

  /// The cross-entropy of one frame's cosines, which become weight x the gradient with respect to them.
  private func crossEntropy(
    _ cosines: UnsafeMutablePointer<Float>, target: Int, weight: Float
  ) -> (loss: Double, best: Int) {
    let kernels = compute.kernels
    var best = 0
    for index in 1..<max(classes, 1) where cosines[index] > cosines[best] { best = index }
    // Kernels take base-2 logarithms.
    let scale = 1 / (temperature * 0.693_147_18)
    for index in 0..<classes { cosines[index] *= scale }
    let (largest, own) = (cosines[best], cosines[target])
    var most = [Float](repeating: -.infinity, count: PackedMatrix.step)
    kernels.softmax_maxima(&most, cosines, classes)
    let inverse = kernels.softmax_numerators(cosines, classes, most)
    let loss = 0.693_147_180_559_945_3 * Double(largest - own) - log(Double(inverse))
    let slope = weight / temperature
    for index in 0..<classes { cosines[index] *= inverse * slope }
    cosines[target] -= slope
    return (loss, best)
  }
}
