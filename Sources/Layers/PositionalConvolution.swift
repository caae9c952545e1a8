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
  private let filters: [PhasedFilter]
  private let bias: [Float]
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
    self.bias = bias
    self.activation = activation
    // Taps of 0 make any kernel a multiple of 4.
    let taps = (kernel + 3) / 4 * 4
    filters = (0..<groups).map { group in
      var filter = [Float](repeating: 0, count: taps * width * width)
      for output in 0..<width {
        for input in 0..<width {
          let from = ((group * width + output) * width + input) * kernel
          for tap in 0..<kernel { filter[(tap * width + input) * width + output] = weights[from + tap] }
        }
      }
      let phased = PhasedFilter(channels: width, taps: taps)
      phased.set(filter)
      return phased
    }
  }

  /// One utterance, (T, D); `h` may be `x`, `y` must not.
  public func forward(
    _ x: Matrix, into y: Matrix, addingTo h: Matrix, workspace: Workspace, on compute: Compute
  ) {
    precondition(x.columns == channels && y.columns == channels && x.rows == y.rows, "shapes differ")
    let kernels = compute.kernels
    let width = channels / groups
    let frames = x.rows
    let plan = filters[0].plan(frames: frames)
    let tasks = filters[0].tasks
    compute.reserveScratch(filters[0].combineCount(plan) + frames * width)
    workspace.scope {
      let inputs = workspace.matrix(rows: groups, columns: filters[0].inputCount(plan))
      let outputs = workspace.matrix(rows: groups, columns: filters[0].outputCount(plan))
      compute.run(tasks: groups) { group, _ in
        let columns = group * width..<(group + 1) * width
        filters[group].split(x.columns(columns), before: kernel / 2, plan, into: inputs.row(group))
      }
      compute.run(tasks: groups * tasks) { task, _ in
        let group = task / tasks
        filters[group].multiply(
          task: task % tasks, inputs.row(group), plan, into: outputs.row(group), compute)
      }
      compute.run(tasks: groups) { group, worker in
        let sums = compute.scratch(ofWorker: worker)
        filters[group].combine(outputs.row(group), plan, into: sums, scratch: sums + frames * width)
        let first = group * width
        for frame in 0..<frames {
          for c in 0..<width { sums[frame * width + c] += bias[first + c] }
        }
        kernels.activate(sums, frames * width, activation.code)
        for frame in 0..<frames {
          let (from, to) = (h.row(frame) + first, y.row(frame) + first)
          for c in 0..<width { to[c] = from[c] + sums[frame * width + c] }
        }
      }
    }
  }
}
