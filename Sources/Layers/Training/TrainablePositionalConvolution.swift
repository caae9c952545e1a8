import CKernels
public import Tensors

/// The positional convolution (``PositionalConvolution``) and its gradients, with or without weight norm
/// (Salimans and Kingma 2016) over each tap k:
///
///     W[k] = g[k] v[k] / |v[k]|,   y[t] = h[t] + activation(b + sum over k of W[k] x[t + k - kernel / 2])
///
/// and with da the gradient of the sum inside the activation
///
///     dx[t] = sum over k of W[k]^T da[t - k + kernel / 2],   dW[k] = sum over t of da[t] x[t + k - kernel /
///     2]^T dg[k] = dW[k] . v[k] / |v[k]|,   dv[k] = g[k] / |v[k]| (dW[k] - v[k] (dW[k] . v[k]) / |v[k]|^2)
///
/// dW is gathered over a step and becomes gradients of g and v in ``finishGradients(on:)``.
public final class TrainablePositionalConvolution: @unchecked Sendable {
  public let channels: Int
  public let groups: Int
  public let kernel: Int
  /// v, or W where there is no weight norm: (channels, channels / groups x kernel).
  private let direction: Parameter
  /// g: (1, kernel).
  private let gain: Parameter?
  private let bias: Parameter
  private let activation: Activation
  /// Of each group, W as (kernel x inputs, outputs) and, taps reversed, as (kernel x outputs, inputs).
  private let forwardFilters: [PackedMatrix]
  private let backwardFilters: [PackedMatrix]
  /// dW: for each group (kernel, outputs, inputs), inputs padded to ``paddedWidth``.
  private let weightGradient: AlignedBuffer
  /// |v[k]|, since ``prepare(on:)``.
  private var norms: [Double] = []

  private var width: Int { channels / groups }
  private var paddedWidth: Int { (width + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step }
  /// Frames that the filter sees before the present one, forward and backward.
  private var before: Int { kernel / 2 }
  private var beforeBackward: Int { kernel - 1 - kernel / 2 }

  public init(
    channels: Int, groups: Int, kernel: Int, direction: Parameter, gain: Parameter?, bias: Parameter,
    activation: Activation
  ) {
    precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
    self.channels = channels
    self.groups = groups
    self.kernel = kernel
    self.direction = direction
    self.gain = gain
    self.bias = bias
    self.activation = activation
    let width = channels / groups
    let paddedWidth = (width + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
    let empty = { (_: Int) in
      PackedMatrix(outputs: width, inputs: kernel * paddedWidth) { _, _ in 0 }
    }
    forwardFilters = (0..<groups).map(empty)
    backwardFilters = (0..<groups).map(empty)
    weightGradient = AlignedBuffer(count: groups * kernel * width * paddedWidth)
    weightGradient.pointer.update(repeating: 0, count: weightGradient.count)
  }

  // MARK: Weights

  /// Makes the filters of the parameters as they are now. Before the first forward pass, and after each
  /// change of the parameters.
  public func prepare(on compute: Compute) {
    let scales = tapScales(on: compute)
    let (width, paddedWidth, kernel) = (width, paddedWidth, kernel)
    compute.run(tasks: groups) { group, _ in
      let (forward, backward) = (forwardFilters[group], backwardFilters[group])
      for output in 0..<width {
        let row = direction.value.row(group * width + output)
        for input in 0..<width {
          for tap in 0..<kernel {
            let weight = row[input * kernel + tap] * scales[tap]
            forward.set(output: output, input: tap * paddedWidth + input, to: weight)
            backward.set(output: input, input: (kernel - 1 - tap) * paddedWidth + output, to: weight)
          }
        }
      }
    }
  }

  /// g[k] / |v[k]|; 1 without weight norm.
  private func tapScales(on compute: Compute) -> [Float] {
    guard let gain else { return [Float](repeating: 1, count: kernel) }
    norms = sumOverTaps(on: compute) { row, _, index in Double(row[index]) * Double(row[index]) }
      .map { $0.squareRoot() }
    return (0..<kernel).map { Float(Double(gain.value.pointer[$0]) / norms[$0]) }
  }

  /// For each tap the sum of `term` over outputs and inputs, group after group.
  private func sumOverTaps(
    on compute: Compute,
    _ term: (_ row: UnsafePointer<Float>, _ output: Int, _ index: Int) -> Double
  ) -> [Double] {
    let (width, kernel) = (width, kernel)
    var partial = [Double](repeating: 0, count: groups * kernel)
    partial.withUnsafeMutableBufferPointer { partial in
      let sums = Sums(pointer: partial.baseAddress!)
      compute.run(tasks: groups) { group, _ in
        let sums = sums.pointer + group * kernel
        for output in group * width..<(group + 1) * width {
          let row = direction.value.row(output)
          for input in 0..<width {
            for tap in 0..<kernel { sums[tap] += term(row, output, input * kernel + tap) }
          }
        }
      }
    }
    return (0..<kernel).map { tap in (0..<groups).reduce(0) { $0 + partial[$1 * kernel + tap] } }
  }

  private struct Sums: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Double>
  }

  /// The place of dW for an output of all channels and an index of input x kernel + tap.
  private func gradientIndex(output: Int, index: Int) -> Int {
    let (group, row) = output.quotientAndRemainder(dividingBy: width)
    let (input, tap) = index.quotientAndRemainder(dividingBy: kernel)
    return ((group * kernel + tap) * width + row) * paddedWidth + input
  }

  /// Adds what the backward passes gathered to the gradients of the parameters.
  public func finishGradients(on compute: Compute) {
    let (width, kernel) = (width, kernel)
    let gathered = weightGradient.pointer
    var along = [Double](repeating: 0, count: kernel)
    var scales = [Float](repeating: 1, count: kernel)
    if let gain {
      let products = sumOverTaps(on: compute) { row, output, index in
        Double(row[index]) * Double(gathered[gradientIndex(output: output, index: index)])
      }
      for tap in 0..<kernel {
        gain.gradient.pointer[tap] += Float(products[tap] / norms[tap])
        scales[tap] = Float(Double(gain.value.pointer[tap]) / norms[tap])
        along[tap] = products[tap] / (norms[tap] * norms[tap])
      }
    }
    let shares = along.map { Float($0) }
    compute.run(tasks: channels) { output, _ in
      let (value, gradient) = (direction.value.row(output), direction.gradient.row(output))
      for input in 0..<width {
        for tap in 0..<kernel {
          let index = input * kernel + tap
          let dw = gathered[gradientIndex(output: output, index: index)]
          gradient[index] += scales[tap] * (dw - value[index] * shares[tap])
        }
      }
    }
    gathered.update(repeating: 0, count: weightGradient.count)
  }

  // MARK: Passes

  /// One utterance, (T, D).
  /// - Parameters:
  ///   - h: what the result is added to; may be `x`.
  ///   - sums: (T, D), overwritten with what goes into the activation: the backward pass needs it.
  ///   - y: overwritten; must not be `x`.
  public func forward(
    _ x: Matrix, addingTo h: Matrix, sums: Matrix, into y: Matrix, workspace: Workspace, on compute: Compute
  ) {
    let kernels = compute.kernels
    filter(x, with: forwardFilters, before: before, workspace: workspace, on: compute) { group, filtered in
      for frame in 0..<x.rows {
        let first = group * width
        let (from, to) = (filtered + frame * width, y.row(frame) + first)
        let (kept, bias, h) = (sums.row(frame) + first, bias.value.pointer + first, h.row(frame) + first)
        for c in 0..<width { kept[c] = from[c] + bias[c] }
        from.update(from: kept, count: width)
        kernels.activate(from, width, activation.code)
        for c in 0..<width { to[c] = h[c] + from[c] }
      }
    }
  }

  /// One utterance. Adds to the gradients of bias and weights, and to `dx` the gradient that comes through
  /// the convolution.
  /// - Parameters:
  ///   - dy: (T, D), of the result.
  ///   - x: (T, D), the convolution's input.
  ///   - sums: what the forward pass left there.
  public func backward(
    _ dy: Matrix, input x: Matrix, sums: Matrix, addingTo dx: Matrix, workspace: Workspace,
    on compute: Compute
  ) {
    let kernels = compute.kernels
    workspace.scope {
      let dsums = workspace.matrix(rows: x.rows, columns: channels)
      compute.run(tasks: x.rows) { frame, _ in
        kernels.activate_backward(
          dsums.row(frame), sums.row(frame), dy.row(frame), channels, activation.code)
      }
      compute.accumulate(rowsOf: dsums, into: bias.gradient)
      gatherWeightGradient(dsums, input: x, workspace: workspace, on: compute)
      filter(dsums, with: backwardFilters, before: beforeBackward, workspace: workspace, on: compute) {
        group, filtered in
        for frame in 0..<x.rows {
          let (from, to) = (filtered + frame * width, dx.row(frame) + group * width)
          for c in 0..<width { to[c] += from[c] }
        }
      }
    }
  }

  /// Runs the filter of every group, and gives each group's result, (T, width) without gaps, to `body`: a
  /// product of rows that overlap, a window of the group's frames each.
  ///
  /// Not by ``PositionalConvolution``'s fast algorithm, whose sums and differences would make gradients less
  /// exact for little of a step's arithmetic.
  private func filter(
    _ x: Matrix, with filters: [PackedMatrix], before: Int, workspace: Workspace, on compute: Compute,
    _ body: (_ group: Int, _ filtered: UnsafeMutablePointer<Float>) -> Void
  ) {
    let kernels = compute.kernels
    let (width, paddedWidth, frames) = (width, paddedWidth, x.rows)
    let terms = ProductTerm.whole(depth: kernel * paddedWidth)
    workspace.scope {
      let padded = workspace.matrix(rows: groups, columns: (frames + kernel) * paddedWidth)
      compute.reserveScratch(frames * (paddedWidth + width))
      compute.run(tasks: groups) { group, worker in
        let windows = padded.row(group)
        windows.update(repeating: 0, count: padded.columns)
        let columns = x.columns(group * width..<(group + 1) * width)
        kernels.gather(
          windows + before * paddedWidth, paddedWidth, columns.pointer, columns.stride, width, frames)
        let sums = compute.scratch(ofWorker: worker)
        let filter = filters[group]
        for panel in 0..<filter.panels {
          let panelWidth = filter.width(ofPanel: panel)
          for (index, term) in terms.enumerated() {
            kernels.multiply(
              sums + panel * PackedMatrix.panelWidth, paddedWidth, windows + term.offset, paddedWidth,
              filter.panel(panel) + term.input * panelWidth, panelWidth, panelWidth, term.depth, frames,
              index > 0, nil, nil)
          }
        }
        let filtered = sums + frames * paddedWidth
        for frame in 0..<frames {
          (filtered + frame * width).update(from: sums + frame * paddedWidth, count: width)
        }
        body(group, filtered)
      }
    }
  }

  /// dW[k] += dsums^T x, x shifted by k: the rows of the shifted x overlap.
  private func gatherWeightGradient(
    _ dsums: Matrix, input x: Matrix, workspace: Workspace, on compute: Compute
  ) {
    let kernels = compute.kernels
    let (width, paddedWidth, kernel, frames) = (width, paddedWidth, kernel, x.rows)
    workspace.scope {
      // Each group's frames one behind the other, with zeros beyond both ends, and the gradients beside them.
      let padded = workspace.matrix(rows: groups, columns: (frames + kernel) * paddedWidth)
      let gradients = workspace.matrix(rows: groups, columns: frames * paddedWidth)
      compute.run(tasks: groups) { group, _ in
        let columns = group * width..<(group + 1) * width
        let (x, dsums) = (x.columns(columns), dsums.columns(columns))
        padded.row(group).update(repeating: 0, count: padded.columns)
        kernels.gather(
          padded.row(group) + before * paddedWidth, paddedWidth, x.pointer, x.stride, width, frames)
        kernels.gather(gradients.row(group), paddedWidth, dsums.pointer, dsums.stride, width, frames)
      }
      let tapsPerTask = 8
      let tasks = (kernel + tapsPerTask - 1) / tapsPerTask
      compute.run(tasks: groups * tasks) { task, _ in
        let (group, part) = task.quotientAndRemainder(dividingBy: tasks)
        for tap in part * tapsPerTask..<min((part + 1) * tapsPerTask, kernel) {
          for term in ProductTerm.whole(depth: frames) {
            kernels.multiply_transposed(
              weightGradient.pointer + (group * kernel + tap) * width * paddedWidth, paddedWidth,
              gradients.row(group) + term.offset * paddedWidth, paddedWidth,
              padded.row(group) + (tap + term.offset) * paddedWidth, paddedWidth, paddedWidth, term.depth,
              width,
              true)
          }
        }
      }
    }
  }
}
