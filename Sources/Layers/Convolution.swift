import CKernels
public import Tensors

/// A convolution over time without padding: channel-last, (frames, inputs) to (frames', outputs), with
/// frames' = floor((frames - kernel) / stride) + 1.
///
/// y[t] = sum over taps k of W[k] x[stride t + k]. Each tap is a product whose rows are `stride` frames
/// apart, so the input is never copied into windows.
///
/// The usual layer, three taps at stride 2, shares every even frame between two outputs, and takes five
/// products for two outputs instead of six (Winograd 1980, F(2,2) over the outer taps):
///
///     m     = (W0 + W2) x[4p+2]
///     y[2p]   = m + W0 (x[4p] - x[4p+2]) + W1 x[4p+1]
///     y[2p+1] = m - W2 (x[4p+2] - x[4p+4]) + W1 x[4p+3]
///
/// Which of the two forms an output takes depends on whether its number is even: a caller that computes part
/// of an utterance starts at an even frame, and gets the same bits as for the whole.
public final class Convolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let kernel: Int
  public let stride: Int
  private let weights: PackedMatrix
  private let bias: Vector?
  private let sharesEvenFrames: Bool

  /// - Parameters:
  ///   - weights: (outputs, inputs, kernel) row-major, as PyTorch stores them.
  ///   - bias: (outputs), or nil for none.
  public init(
    outputs: Int, inputs: Int, kernel: Int, stride: Int, weights: UnsafePointer<Float>, bias: Vector?
  ) {
    precondition(kernel > 0 && stride > 0, "a kernel of \(kernel) at stride \(stride)")
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.bias = bias
    sharesEvenFrames = kernel == 3 && stride == 2
    let weight = { (output: Int, input: Int, tap: Int) in weights[(output * inputs + input) * kernel + tap] }
    if kernel == 3 && stride == 2 {
      self.weights = PackedMatrix(outputs: outputs, inputs: 4 * inputs) { output, column in
        let input = column % inputs
        switch column / inputs {
        case 0: return weight(output, input, 0) + weight(output, input, 2)
        case 1: return weight(output, input, 0)
        case 2: return -weight(output, input, 2)
        default: return weight(output, input, 1)
        }
      }
    } else {
      self.weights = PackedMatrix(outputs: outputs, inputs: kernel * inputs) { output, column in
        weight(output, column % inputs, column / inputs)
      }
    }
  }

  /// Frames that come out for `frames` that go in; 0 if there are too few for one window.
  public func outputFrames(for frames: Int) -> Int { frames < kernel ? 0 : (frames - kernel) / stride + 1 }

  /// The input frames that the outputs in `range` are made of.
  public func inputRange(for range: Range<Int>) -> Range<Int> {
    range.lowerBound * stride..<(range.upperBound - 1) * stride + kernel
  }

  /// All of (frames, inputs) to (frames', outputs). Rows of `x` must follow one another, at any distance.
  public func forward(
    _ x: Matrix, into y: Matrix, activation: Activation = .identity, workspace: Workspace, on compute: Compute
  ) {
    precondition(x.columns == inputs && y.columns == outputs, "channels \(x.columns) to \(y.columns)")
    precondition(
      y.rows == outputFrames(for: x.rows), "\(x.rows) frames give \(outputFrames(for: x.rows)), not \(y.rows)"
    )
    guard y.rows > 0 else { return }
    let epilogue = Epilogue(bias: bias, activation: activation)
    if sharesEvenFrames {
      forwardSharing(x, into: y, epilogue, workspace, compute)
      return
    }
    let rows = Matrix(x.pointer, rows: y.rows, columns: inputs, stride: stride * x.stride)
    let terms =
      x.stride == inputs
      ? ProductTerm.whole(depth: kernel * inputs)
      : (0..<kernel).map { ProductTerm(offset: $0 * x.stride, input: $0 * inputs, depth: inputs) }
    compute.multiply(rows, terms: terms, by: weights, into: y, epilogue)
  }

  private func forwardSharing(
    _ x: Matrix, into y: Matrix, _ epilogue: Epilogue, _ workspace: Workspace, _ compute: Compute
  ) {
    let kernels = compute.kernels
    workspace.scope {
      // differences[t] = x[2t] - x[2t+2]
      let differences = workspace.matrix(rows: y.rows, columns: inputs)
      let rowsPerTask = 32
      compute.run(tasks: (y.rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
        let first = task * rowsPerTask
        kernels.subtract(
          differences.row(first), differences.stride, x.row(2 * first), 2 * x.stride, x.row(2 * first + 2),
          2 * x.stride, inputs, min(rowsPerTask, y.rows - first))
      }
      let tiles = Tiling(rows: y.rows, panels: weights.panels, threads: compute.threads)
      compute.reserveScratch(tiles.rowsPerBlock * PackedMatrix.panelWidth)
      compute.run(tasks: tiles.tasks) { task, worker in
        let rows = tiles.rows(ofTask: task)
        let panel = tiles.panel(ofTask: task)
        let width = weights.width(ofPanel: panel)
        let packed = weights.panel(panel)
        let block = inputs * width
        let sums = compute.scratch(ofWorker: worker)
        let first = rows.lowerBound  // even
        let even = (rows.count + 1) / 2
        let odd = rows.count / 2
        kernels.multiply(
          sums, 2 * width, x.row(2 * first + 2), 4 * x.stride, packed, width, width, inputs, even, false,
          packed + block,
          nil)
        for pair in 0..<odd {
          (sums + (2 * pair + 1) * width).update(from: sums + 2 * pair * width, count: width)
        }
        kernels.multiply(
          sums, 2 * width, differences.row(first), 2 * differences.stride, packed + block, width, width,
          inputs,
          even, true,
          packed + 2 * block, nil)
        if odd > 0 {
          kernels.multiply(
            sums + width, 2 * width, differences.row(first + 1), 2 * differences.stride, packed + 2 * block,
            width, width, inputs, odd, true, packed + 3 * block, nil)
        }
        withUnsafePointer(to: epilogue.block(of: y, row: first, panel: panel)) {
          kernels.multiply(
            sums, width, x.row(2 * first + 1), 2 * x.stride, packed + 3 * block, width, width, inputs,
            rows.count,
            true,
            weights.panel(ofTask: task + compute.threads, tiles), $0)
        }
      }
    }
  }
}
