import CKernels
import Tensors

/// A long filter over time, y[t] = sum over k < K of W[k] p[t + k] for K a multiple of 4, in 9/16 of the
/// products: the fast FIR algorithm (Mou and Duhamel 1991), twice.
///
/// With the even and odd taps We and Wo, and p split as e[i] = p[2i], o[i] = p[2i-1],
///
///     P = We * e,  Q = Wo * o,  R = (We + Wo) * (e + o)
///     y[2i] = P[i] + Q[i+1],  y[2i-1] = R[i] - P[i] - Q[i]
///
/// are three filters of half the taps at half the rate in place of four. Each of the three is split again,
/// which leaves nine of K/4 taps. Which of the forms an output takes depends on its frame number alone.
final class PhasedFilter: Sendable {
  private static let splits = 9
  private let channels: Int
  private let taps: Int
  /// The nine filters, outer split first: PP, PQ, PR, QP, ... RR.
  private let filters: [PackedMatrix]

  init(channels: Int, taps: Int) {
    precondition(taps % 4 == 0, "\(taps) taps cannot be split twice")
    self.channels = channels
    self.taps = taps
    filters = (0..<Self.splits).map { _ in
      PackedMatrix(outputs: channels, inputs: taps / 4 * channels) { _, _ in 0 }
    }
  }

  /// Sets the filter: (taps, inputs, outputs) without gaps.
  func set(_ weights: UnsafePointer<Float>) {
    let size = channels * channels
    for (split, filter) in filters.enumerated() {
      // P has the even taps, Q the odd ones, R both.
      let (outer, inner) = split.quotientAndRemainder(dividingBy: 3)
      let summed = [
        inner != 1 && outer != 1, inner != 1 && outer != 0, inner != 0 && outer != 1,
        inner != 0 && outer != 0,
      ].enumerated().filter(\.element).map(\.offset)
      for panel in 0..<filter.panels {
        let first = panel * PackedMatrix.panelWidth
        let width = filter.width(ofPanel: panel)
        let outputs = min(width, channels - first)
        for tap in 0..<taps / 4 {
          for input in 0..<channels {
            let row = filter.panel(panel) + (tap * channels + input) * width
            let from = weights + 4 * tap * size + input * channels + first
            row.update(from: from + summed[0] * size, count: outputs)
            for phase in summed.dropFirst() {
              for output in 0..<outputs { row[output] += from[phase * size + output] }
            }
          }
        }
      }
    }
  }

  /// The sizes that belong to an utterance of `frames`.
  struct Plan {
    let frames: Int
    /// Outputs of each filter of the outer split and of each of the nine.
    let outer: Int
    let inner: Int
    /// Frames that go into each of the nine.
    let inputs: Int
  }

  func plan(frames: Int) -> Plan {
    let outer = (frames + 1) / 2 + 1
    let inner = (outer + 1) / 2 + 1
    return Plan(frames: frames, outer: outer, inner: inner, inputs: inner + taps / 4 - 1)
  }

  var panels: Int { filters[0].panels }
  var tasks: Int { Self.splits * panels }
  private var paddedChannels: Int { (channels + 15) / 16 * 16 }

  /// Floats of the inputs of all nine filters.
  func inputCount(_ plan: Plan) -> Int { Self.splits * plan.inputs * channels }
  /// Floats of the outputs of all nine filters.
  func outputCount(_ plan: Plan) -> Int { Self.splits * plan.inner * paddedChannels }
  /// Floats that ``combine(_:_:into:scratch:)`` needs.
  func combineCount(_ plan: Plan) -> Int { 3 * plan.outer * channels }

  /// Splits p, of which `x` (frames, channels) begins at p[`before`] and all else is 0, into the nine inputs.
  func split(_ x: Matrix, before: Int, _ plan: Plan, into inputs: UnsafeMutablePointer<Float>) {
    let zeros = [Float](repeating: 0, count: channels)
    zeros.withUnsafeBufferPointer { zeros in
      func p(_ index: Int) -> UnsafePointer<Float> {
        (0..<plan.frames).contains(index - before) ? UnsafePointer(x.row(index - before)) : zeros.baseAddress!
      }
      let size = plan.inputs * channels
      for j in 0..<plan.inputs {
        let (a, b, c, d) = (p(4 * j), p(4 * j - 2), p(4 * j - 1), p(4 * j - 3))
        let row = inputs + j * channels
        for i in 0..<channels {
          let (ac, bd) = (a[i] + c[i], b[i] + d[i])
          row[i] = a[i]
          row[size + i] = b[i]
          row[2 * size + i] = a[i] + b[i]
          row[3 * size + i] = c[i]
          row[4 * size + i] = d[i]
          row[5 * size + i] = c[i] + d[i]
          row[6 * size + i] = ac
          row[7 * size + i] = bd
          row[8 * size + i] = ac + bd
        }
      }
    }
  }

  /// One of the ``tasks``: one panel of one of the nine filters.
  func multiply(
    task: Int, _ inputs: UnsafePointer<Float>, _ plan: Plan, into outputs: UnsafeMutablePointer<Float>,
    _ compute: Compute
  ) {
    let (split, panel) = task.quotientAndRemainder(dividingBy: panels)
    let filter = filters[split]
    let width = filter.width(ofPanel: panel)
    let sums = outputs + split * plan.inner * paddedChannels + panel * PackedMatrix.panelWidth
    let terms = ProductTerm.whole(depth: filter.inputs)
    for (index, term) in terms.enumerated() {
      let next = index + 1 < terms.count ? filter.panel(panel) + terms[index + 1].input * width : nil
      compute.kernels.multiply(
        sums, paddedChannels, inputs + split * plan.inputs * channels + term.offset, channels,
        filter.panel(panel) + term.input * width, width, width, term.depth, plan.inner, index > 0, next, nil)
    }
  }

  /// The nine outputs to y, (frames, channels) without gaps.
  func combine(
    _ outputs: UnsafePointer<Float>, _ plan: Plan, into y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let size = plan.inner * paddedChannels
    for part in 0..<3 {
      merge(
        outputs + 3 * part * size, size: size, stride: paddedChannels,
        into: scratch + part * plan.outer * channels,
        count: plan.outer)
    }
    merge(scratch, size: plan.outer * channels, stride: channels, into: y, count: plan.frames)
  }

  /// `count` outputs of a filter from P, Q and R, `size` floats apart.
  private func merge(
    _ p: UnsafePointer<Float>, size: Int, stride: Int, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    let (q, r) = (p + size, p + 2 * size)
    for t in 0..<count {
      let row = y + t * channels
      let i = (t + 1) / 2 * stride
      if t % 2 == 0 {
        for c in 0..<channels { row[c] = p[i + c] + q[i + stride + c] }
      } else {
        for c in 0..<channels { row[c] = r[i + c] - p[i + c] - q[i + c] }
      }
    }
  }
}
