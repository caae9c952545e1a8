import Checkpoints
import Layers
import Tensors

#if canImport(Glibc)
import Glibc
#endif

/// One layer of the transformer, in either order of its norms:
///
///     post-norm    h = norm1(h + attention(h));     h = norm2(h + feedForward(h))
///     stable       h = h + attention(norm1(h));     h = h + feedForward(norm2(h));     h = h + adapter(h)
final class TransformerLayer: Sendable {
  private let normalisesFirst: Bool
  private let projections: Linear
  private let attention: SelfAttention
  private let output: Linear
  private let attentionNorm: LayerNorm
  private let intermediate: Linear
  private let feedForward: Linear
  private let finalNorm: LayerNorm
  private let activation: Activation
  private let adapter: AttentionAdapter?

  init(_ configuration: ModelConfiguration, _ reader: WeightReader, prefix: String) throws(CheckpointError) {
    let width = configuration.width
    let epsilon = configuration.layerNormEpsilon
    normalisesFirst = configuration.normalisesFirst
    activation = configuration.activation
    attention = SelfAttention(heads: configuration.heads, headWidth: width / configuration.heads)
    // Queries are scaled as SelfAttention wants them.
    let scale = Float(M_LOG2E / Double(width / configuration.heads).squareRoot())
    projections = try reader.linear(
      [
        ("\(prefix).attention.q_proj", scale), ("\(prefix).attention.k_proj", 1),
        ("\(prefix).attention.v_proj", 1),
      ], inputs: width, outputs: width)
    output = try reader.linear("\(prefix).attention.out_proj", inputs: width, outputs: width)
    attentionNorm = try reader.layerNorm("\(prefix).layer_norm", width, epsilon: epsilon)
    intermediate = try reader.linear(
      "\(prefix).feed_forward.intermediate_dense", inputs: width, outputs: configuration.feedForwardWidth)
    feedForward = try reader.linear(
      "\(prefix).feed_forward.output_dense", inputs: configuration.feedForwardWidth, outputs: width)
    finalNorm = try reader.layerNorm("\(prefix).final_layer_norm", width, epsilon: epsilon)
    adapter = try configuration.attentionAdapterWidth.map { bottleneck throws(CheckpointError) in
      try AttentionAdapter(width: width, bottleneck: bottleneck, reader, prefix: "\(prefix).adapter_layer")
    }
  }

  /// (N, D) in place; `utterances` are the rows of each.
  func forward(
    _ h: Matrix, utterances: [Range<Int>], workspace: Workspace, on compute: Compute, times: StageTimes?
  ) {
    workspace.scope {
      let normed = normalisesFirst ? workspace.matrix(rows: h.rows, columns: h.columns) : h
      if normalisesFirst { times.measure(.norms) { attentionNorm.forward(h, into: normed, on: compute) } }
      workspace.scope {
        let projected = workspace.matrix(rows: h.rows, columns: projections.outputs)
        times.measure(.attentionLinear) { projections.forward(normed, into: projected, on: compute) }
        let mixed = workspace.matrix(rows: h.rows, columns: h.columns)
        times.measure(.attentionProducts) {
          attention.forward(projected, utterances: utterances, into: mixed, workspace: workspace, on: compute)
        }
        times.measure(.attentionLinear) { output.forward(mixed, into: h, residual: h, on: compute) }
      }
      times.measure(.norms) {
        if normalisesFirst {
          finalNorm.forward(h, into: normed, on: compute)
        } else {
          attentionNorm.forward(h, into: h, on: compute)
        }
      }
      times.measure(.feedForward) { transform(normed, addingTo: h, workspace: workspace, on: compute) }
      if !normalisesFirst { times.measure(.norms) { finalNorm.forward(h, into: h, on: compute) } }
      if let adapter { times.measure(.feedForward) { adapter.forward(h, workspace: workspace, on: compute) } }
    }
  }

  /// h += feedForward(x), by blocks of rows: the wide middle of a long recording would be the largest thing
  /// in memory beside the weights (74 MB at 120 s), and blocks cost no time.
  private func transform(_ x: Matrix, addingTo h: Matrix, workspace: Workspace, on compute: Compute) {
    let mostRows = 512
    let blocks = (h.rows + mostRows - 1) / mostRows
    let size = (h.rows + blocks - 1) / blocks
    workspace.scope {
      let wide = workspace.matrix(rows: size, columns: intermediate.outputs)
      for first in stride(from: 0, to: h.rows, by: size) {
        let rows = first..<min(first + size, h.rows)
        let middle = wide.rows(0..<rows.count)
        intermediate.forward(x.rows(rows), into: middle, activation: activation, on: compute)
        feedForward.forward(middle, into: h.rows(rows), residual: h.rows(rows), on: compute)
      }
    }
  }
}

/// The bottleneck behind a layer that makes MMS speak one language (Houlsby et al. 2019):
/// h + W2 relu(W1 norm(h) + b1) + b2.
private final class AttentionAdapter: Sendable {
  private let norm: LayerNorm
  private let narrow: Linear
  private let widen: Linear

  init(width: Int, bottleneck: Int, _ reader: WeightReader, prefix: String) throws(CheckpointError) {
    // transformers does not pass `layer_norm_eps` on to this norm.
    norm = try reader.layerNorm("\(prefix).norm", width, epsilon: 1e-5)
    narrow = try reader.linear("\(prefix).linear_1", inputs: width, outputs: bottleneck)
    widen = try reader.linear("\(prefix).linear_2", inputs: bottleneck, outputs: width)
  }

  func forward(_ h: Matrix, workspace: Workspace, on compute: Compute) {
    workspace.scope {
      let normed = workspace.matrix(rows: h.rows, columns: h.columns)
      norm.forward(h, into: normed, on: compute)
      let bottleneck = workspace.matrix(rows: h.rows, columns: narrow.outputs)
      narrow.forward(normed, into: bottleneck, activation: .relu, on: compute)
      widen.forward(bottleneck, into: h, residual: h, on: compute)
    }
  }
}
