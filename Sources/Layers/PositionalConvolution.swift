import CKernels
public import Tensors

/// The convolution that tells the transformer where a frame stands: (T, D) to (T, D), grouped, zeros beyond
/// both ends, `activation` after, and added to the frames (Baevski et al. 2020, section 2).
///
/// y[t] = h[t] + activation(b + sum over k < kernel of W[k] x[t + k - kernel / 2]), per group of D / groups
/// channels. An even kernel would give T + 1 frames; the last is dropped.
public final class PositionalConvolution: Sendable {
  public let channels: Int
  public let groups: Int
  public let kernel: Int
  private let weights: [PackedMatrix]
  private let biases: [Vector]
  private let activation: Activation

  /// - Parameters:
  ///   - weights: (channels, channels / groups, kernel) row-major.
  ///   - bias: (channels).
  public init(
    channels: Int, groups: Int, kernel: Int, weights: [Float], bias: [Float], activation: Activation
  ) {
    precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
    let width = channels / groups
    precondition(weights.count == channels * width * kernel, "\(weights.count) weights")
    precondition(bias.count == channels, "\(bias.count) biases")
    self.channels = channels
    self.groups = groups
    self.kernel = kernel
    self.activation = activation
    self.weights = (0..<groups).map { group in
      PackedMatrix(outputs: width, inputs: kernel * width) { output, column in
        let (tap, input) = (column / width, column % width)
        return weights[((group * width + output) * width + input) * kernel + tap]
      }
    }
    self.biases = (0..<groups).map { Vector(Array(bias[$0 * width..<($0 + 1) * width])) }
  }

  /// One utterance, (T, D); `h` may be `x`, `y` must not.
  public func forward(
    _ x: Matrix, into y: Matrix, addingTo h: Matrix, workspace: Workspace, on compute: Compute
  ) {
    precondition(x.columns == channels && y.columns == channels && x.rows == y.rows, "shapes differ")
    let kernels = compute.kernels
    let width = channels / groups
    let frames = x.rows
    let padded = frames + kernel - 1
    workspace.scope {
      // Each group's channels by themselves, so that a window is one run of floats.
      let gathered = workspace.matrix(rows: groups * padded, columns: width, packed: true)
      compute.run(tasks: groups) { group, _ in
        let start = gathered.row(group * padded)
        let before = kernel / 2
        start.update(repeating: 0, count: before * width)
        for frame in 0..<frames {
          (start + (before + frame) * width).update(from: x.row(frame) + group * width, count: width)
        }
        (start + (before + frames) * width).update(repeating: 0, count: (padded - before - frames) * width)
      }
      let panels = weights[0].panels
      let tiles = Tiling(rows: frames, panels: groups * panels, threads: compute.threads)
      let terms = ProductTerm.whole(depth: kernel * width)
      compute.reserveScratch(tiles.rowsPerBlock * PackedMatrix.panelWidth)
      compute.run(tasks: tiles.tasks) { task, worker in
        let rows = tiles.rows(ofTask: task)
        let (group, panel) = tiles.panel(ofTask: task).quotientAndRemainder(dividingBy: panels)
        let packed = weights[group]
        let panelWidth = packed.width(ofPanel: panel)
        let sums = compute.scratch(ofWorker: worker)
        let channels = group * width..<(group + 1) * width
        let epilogue = Epilogue(bias: biases[group], activation: activation, residual: h.columns(channels))
        withUnsafePointer(to: epilogue.block(of: y.columns(channels), row: rows.lowerBound, panel: panel)) {
          epilogue in
          for (index, term) in terms.enumerated() {
            let last = index == terms.count - 1
            let next = last ? nil : packed.panel(panel) + terms[index + 1].input * panelWidth
            kernels.multiply(
              sums, panelWidth, gathered.row(group * padded + rows.lowerBound) + term.offset, width,
              packed.panel(panel) + term.input * panelWidth, panelWidth, term.depth, rows.count, index > 0,
              next,
              last ? epilogue : nil)
          }
        }
      }
    }
  }
}
