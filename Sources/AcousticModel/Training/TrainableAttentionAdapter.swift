import CKernels
import Layers
import Tensors

/// The bottleneck behind a layer that makes MMS speak one language (Houlsby et al. 2019), and its gradients:
/// y = h + W2 relu(W1 norm(h) + b1) + b2.
///
/// It keeps nothing but its input: the bottleneck is narrow, and computed again.
struct TrainableAttentionAdapter: Sendable {
  private let norm: TrainableLayerNorm
  private let narrow: TrainableLinear
  private let widen: TrainableLinear

  init(_ reader: ParameterReader, prefix: String) {
    // transformers does not pass `layer_norm_eps` on to this norm.
    norm = reader.layerNorm("\(prefix).norm", epsilon: 1e-5)
    narrow = reader.linear("\(prefix).linear_1")
    widen = reader.linear("\(prefix).linear_2")
  }

  /// (N, D) to the same; `y` must not be `h`.
  func forward(_ h: Matrix, into y: Matrix, workspace: Workspace, on compute: Compute) {
    workspace.scope {
      let normed = workspace.matrix(rows: h.rows, columns: h.columns)
      norm.forward(h, into: normed, on: compute)
      let bottleneck = workspace.matrix(rows: h.rows, columns: narrow.outputs)
      narrow.forward(normed, into: bottleneck, activation: .relu, on: compute)
      widen.forward(bottleneck, into: y, residual: h, on: compute)
    }
  }

  /// Adds to the gradients of the parameters, and overwrites `dh`, which must not be `dy`.
  func backward(_ dy: Matrix, input h: Matrix, into dh: Matrix, workspace: Workspace, on compute: Compute) {
    workspace.scope {
      let normed = workspace.matrix(rows: h.rows, columns: h.columns)
      norm.forward(h, into: normed, on: compute)
      let bottleneck = workspace.matrix(rows: h.rows, columns: narrow.outputs)
      narrow.forward(normed, into: bottleneck, activation: .relu, on: compute)
      widen.accumulateGradients(dy, input: bottleneck, on: compute)
      let gradient = workspace.matrix(rows: h.rows, columns: narrow.outputs)
      widen.backward(dy, into: gradient, on: compute)
      for row in 0..<h.rows {
        // relu is positive where its input is.
        compute.kernels.activate_backward(
          gradient.row(row), bottleneck.row(row), gradient.row(row), gradient.columns, CK_RELU)
      }
      narrow.accumulateGradients(gradient, input: normed, on: compute)
      narrow.backward(gradient, into: normed, on: compute)
      norm.backward(normed, input: h, into: dh, residual: dy, workspace: workspace, on: compute)
    }
  }
}
