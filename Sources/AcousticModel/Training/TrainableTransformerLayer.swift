import CKernels
import Layers
import Tensors

/// A layer of the transformer (``TransformerLayer``) and its gradients:
///
///     post-norm    r = x + drop(attention(x));  h = norm1(r);  s = h + drop(feedForward(h));  y = norm2(s)
///     stable       h = x + drop(attention(norm1(x)));  y = h + drop(feedForward(norm2(h)));  y = y +
///     adapter(y) feedForward(h) = W2 drop(activation(u)) + b2,   u = W1 h + b1
///
/// The forward pass keeps x, the projections (3 D), what attention gives, r or h, u (the feed-forward's
/// width), and s or the adapter's input: about 11 D floats a frame. All else is a norm, an activation or a
/// mask of these, and computed again.
struct TrainableTransformerLayer: @unchecked Sendable {
  private let normalisesFirst: Bool
  private let queries: TrainableLinear
  private let keys: TrainableLinear
  private let values: TrainableLinear
  private let attention: TrainableAttention
  private let output: TrainableLinear
  private let attentionNorm: TrainableLayerNorm
  private let intermediate: TrainableLinear
  private let feedForward: TrainableLinear
  private let finalNorm: TrainableLayerNorm
  private let activation: Activation
  private let adapter: TrainableAttentionAdapter?

  init(_ configuration: ModelConfiguration, _ reader: ParameterReader, prefix: String) {
    let epsilon = configuration.layerNormEpsilon
    normalisesFirst = configuration.normalisesFirst
    activation = configuration.activation
    queries = reader.linear("\(prefix).attention.q_proj")
    keys = reader.linear("\(prefix).attention.k_proj")
    values = reader.linear("\(prefix).attention.v_proj")
    attention = TrainableAttention(
      heads: configuration.heads, headWidth: configuration.width / configuration.heads)
    output = reader.linear("\(prefix).attention.out_proj")
    attentionNorm = reader.layerNorm("\(prefix).layer_norm", epsilon: epsilon)
    intermediate = reader.linear("\(prefix).feed_forward.intermediate_dense")
    feedForward = reader.linear("\(prefix).feed_forward.output_dense")
    finalNorm = reader.layerNorm("\(prefix).final_layer_norm", epsilon: epsilon)
    adapter =
      configuration.attentionAdapterWidth == nil
      ? nil : TrainableAttentionAdapter(reader, prefix: "\(prefix).adapter_layer")
  }

  /// What the backward pass needs of the forward pass.
  struct Kept {
    let projections: Matrix
    let mixed: Matrix
    /// r of the post-norm layer, h of the stable one.
    let middle: Matrix
    /// u.
    let wide: Matrix
    /// s of the post-norm layer, the adapter's input of the stable one.
    let sum: Matrix?
  }

  /// Room for what is kept of `frames` frames, in the workspace's present scope.
  func keep(frames: Int, _ workspace: Workspace) -> Kept {
    let width = queries.inputs
    return Kept(
      projections: workspace.matrix(rows: frames, columns: 3 * width),
      mixed: workspace.matrix(rows: frames, columns: width),
      middle: workspace.matrix(rows: frames, columns: width),
      wide: workspace.matrix(rows: frames, columns: intermediate.outputs),
      sum: normalisesFirst && adapter == nil ? nil : workspace.matrix(rows: frames, columns: width))
  }

  /// Floats that ``keep(frames:_:)`` takes for a frame, padding aside, the input included.
  var keptFloatsPerFrame: Int {
    queries.inputs * (normalisesFirst && adapter == nil ? 6 : 7) + intermediate.outputs
  }

  private func columns(_ part: Int) -> Range<Int> { part * queries.outputs..<(part + 1) * queries.outputs }

  // MARK: Forward

  /// (N, D) to (N, D); `y` must not be `x`.
  func forward(_ x: Matrix, into y: Matrix, keeping kept: Kept, _ pass: LayerPass) {
    let (workspace, compute) = (pass.workspace, pass.compute)
    workspace.scope {
      let normed = workspace.matrix(rows: x.rows, columns: x.columns)
      if normalisesFirst { attentionNorm.forward(x, into: normed, on: compute) }
      let attended = normalisesFirst ? normed : x
      for (part, linear) in [queries, keys, values].enumerated() {
        linear.forward(attended, into: kept.projections.columns(columns(part)), on: compute)
      }
      attention.forward(
        kept.projections, utterances: pass.utterances, dropout: pass.attentionWeights, into: kept.mixed,
        on: compute)
      forward(output, kept.mixed, into: kept.middle, residual: x, pass.attention, pass)
      (normalisesFirst ? finalNorm : attentionNorm).forward(kept.middle, into: normed, on: compute)
      intermediate.forward(normed, into: kept.wide, on: compute)
      let active = workspace.matrix(rows: x.rows, columns: intermediate.outputs)
      activate(kept.wide, into: active, pass)
      let sum = kept.sum ?? y
      forward(
        feedForward, active, into: sum, residual: normalisesFirst ? kept.middle : normed, pass.feedForward,
        pass)
      if !normalisesFirst { finalNorm.forward(sum, into: y, on: compute) }
      if let adapter { adapter.forward(sum, into: y, workspace: workspace, on: compute) }
    }
  }

  /// y = residual + drop(linear(x)).
  private func forward(
    _ linear: TrainableLinear, _ x: Matrix, into y: Matrix, residual: Matrix, _ dropout: Dropout,
    _ pass: LayerPass
  ) {
    linear.forward(x, into: y, residual: dropout.isOff ? residual : nil, on: pass.compute)
    if !dropout.isOff {
      dropout.apply(y, into: y, residual: residual, utterances: pass.utterances, on: pass.compute)
    }
  }

  /// y = drop(activation(u)).
  private func activate(_ u: Matrix, into y: Matrix, _ pass: LayerPass) {
    let kernels = pass.compute.kernels
    pass.forEachRow { row, frame, utterance in
      y.row(row).update(from: u.row(row), count: u.columns)
      kernels.activate(y.row(row), u.columns, activation.code)
      if !pass.activation.isOff {
        pass.activation.applyRow(
          y.row(row), into: y.row(row), count: u.columns, frame: frame, utterance: utterance, kernels)
      }
    }
  }

  // MARK: Backward

  /// Adds to the gradients of the parameters, and overwrites `dx` with that of the input; (N, D) both.
  func backward(_ dy: Matrix, input x: Matrix, kept: Kept, into dx: Matrix, _ pass: LayerPass) {
    let (workspace, compute) = (pass.workspace, pass.compute)
    workspace.scope {
      let normed = workspace.matrix(rows: x.rows, columns: x.columns)
      let dropped = workspace.matrix(rows: x.rows, columns: x.columns)
      // Of h + drop(feedForward(..)), then of x + drop(attention(..)).
      var dsum = workspace.matrix(rows: x.rows, columns: x.columns)
      if normalisesFirst {
        if let adapter, let sum = kept.sum {
          adapter.backward(dy, input: sum, into: dsum, workspace: workspace, on: compute)
        } else {
          dsum = dy
        }
      } else if let sum = kept.sum {
        finalNorm.backward(dy, input: sum, into: dsum, workspace: workspace, on: compute)
      }

      let dmiddle = workspace.matrix(rows: x.rows, columns: x.columns)
      workspace.scope {
        let dwide = workspace.matrix(rows: x.rows, columns: intermediate.outputs)
        let dfeedForward = backward(pass.feedForward, dsum, scratch: dropped, pass)
        workspace.scope {
          let active = workspace.matrix(rows: x.rows, columns: intermediate.outputs)
          activate(kept.wide, into: active, pass)
          feedForward.accumulateGradients(dfeedForward, input: active, on: compute)
        }
        feedForward.backward(dfeedForward, into: dwide, on: compute)
        activateBackward(dwide, input: kept.wide, pass)
        (normalisesFirst ? finalNorm : attentionNorm).forward(kept.middle, into: normed, on: compute)
        intermediate.accumulateGradients(dwide, input: normed, on: compute)
        intermediate.backward(dwide, into: dmiddle, residual: normalisesFirst ? nil : dsum, on: compute)
      }
      if normalisesFirst {
        finalNorm.backward(
          dmiddle, input: kept.middle, into: dmiddle, residual: dsum, workspace: workspace, on: compute)
      } else {
        attentionNorm.backward(
          dmiddle, input: kept.middle, into: dmiddle, workspace: workspace, on: compute)
      }

      let dattention = backward(pass.attention, dmiddle, scratch: dropped, pass)
      output.accumulateGradients(dattention, input: kept.mixed, on: compute)
      output.backward(dattention, into: normed, on: compute)
      let dprojections = workspace.matrix(rows: x.rows, columns: 3 * queries.outputs)
      attention.backward(
        normed, projections: kept.projections, result: kept.mixed, utterances: pass.utterances,
        dropout: pass.attentionWeights, into: dprojections, on: compute)
      if normalisesFirst { attentionNorm.forward(x, into: normed, on: compute) }
      let parts = [queries, keys, values].enumerated().map { (dprojections.columns(columns($0)), $1) }
      for (gradient, linear) in parts {
        linear.accumulateGradients(gradient, input: normalisesFirst ? normed : x, on: compute)
      }
      compute.multiply(
        parts.map { ($0, $1.weight.value) }, into: dx, residual: normalisesFirst ? nil : dmiddle)
      if normalisesFirst {
        attentionNorm.backward(dx, input: x, into: dx, residual: dmiddle, workspace: workspace, on: compute)
      }
    }
  }

  /// The gradient on the other side of a dropout: `dy` itself where nothing is dropped.
  private func backward(_ dropout: Dropout, _ dy: Matrix, scratch: Matrix, _ pass: LayerPass) -> Matrix {
    if dropout.isOff { return dy }
    dropout.apply(dy, into: scratch, utterances: pass.utterances, on: pass.compute)
    return scratch
  }

  /// From the gradient of drop(activation(u)) to that of u, in place.
  private func activateBackward(_ gradient: Matrix, input u: Matrix, _ pass: LayerPass) {
    let kernels = pass.compute.kernels
    pass.forEachRow { row, frame, utterance in
      if !pass.activation.isOff {
        pass.activation.applyRow(
          gradient.row(row), into: gradient.row(row), count: u.columns, frame: frame, utterance: utterance,
          kernels)
      }
      kernels.activate_backward(gradient.row(row), u.row(row), gradient.row(row), u.columns, activation.code)
    }
  }
}

/// What a pass through a layer needs beside the layer's input.
struct LayerPass {
  let utterances: [UtteranceRows]
  let attentionWeights: Dropout
  let attention: Dropout
  let activation: Dropout
  let feedForward: Dropout
  let workspace: Workspace
  let compute: Compute

  init(
    layer: Int, utterances: [UtteranceRows], _ options: StepOptions, _ workspace: Workspace,
    _ compute: Compute
  ) {
    self.utterances = utterances
    self.workspace = workspace
    self.compute = compute
    let probabilities = options.regularization
    attentionWeights = Dropout(
      probability: probabilities.attentionDropout, random: options.source(Site.attentionWeights(layer: layer))
    )
    attention = Dropout(
      probability: probabilities.hiddenDropout, random: options.source(Site.attention(layer: layer)))
    activation = Dropout(
      probability: probabilities.activationDropout, random: options.source(Site.activation(layer: layer)))
    feedForward = Dropout(
      probability: probabilities.hiddenDropout, random: options.source(Site.feedForward(layer: layer)))
  }

  /// Calls `body` with every row, its frame and its utterance's key, on all threads.
  func forEachRow(_ body: (_ row: Int, _ frame: Int, _ utterance: UInt32) -> Void) {
    let rowsPerTask = 8
    let tasks = utterances.flatMap { utterance in
      stride(from: utterance.rows.lowerBound, to: utterance.rows.upperBound, by: rowsPerTask).map {
        (utterance, $0)
      }
    }
    compute.run(tasks: tasks.count) { task, _ in
      let (utterance, first) = tasks[task]
      for row in first..<min(first + rowsPerTask, utterance.rows.upperBound) {
        body(row, row - utterance.rows.lowerBound, utterance.key)
      }
    }
  }
}
