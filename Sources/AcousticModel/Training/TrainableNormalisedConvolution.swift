import Layers
import Tensors

/// A convolution of a waveform followed by a norm of each channel over the utterance's time
/// (``NormalisedConvolution``), and its gradients.
///
/// With x_t the window of samples at t of N, m and S the windows' mean and covariance, a channel gives
///
///     n_t = g z_t + h,   z_t = w . (x_t - m) / s,   s^2 = w^T S w + epsilon
///
/// and from dn, with G = sum over t of dn_t x_t,
///
///     dh = sum over t of dn_t,   dg = sum over t of dn_t z_t = (w . G - w . m dh) / s
///     dw = g / s (G - m dh - S w dg / s)
///
/// so that norm and convolution together cost one product more than the convolution alone, and nothing but n
/// is kept. The convolution's own bias has cancelled, and gets no gradient.
struct TrainableNormalisedConvolution: Sendable {
  private let kernel: Int
  private let stride: Int
  /// (C, kernel).
  private let weight: Parameter
  private let gain: Parameter
  private let shift: Parameter
  private let epsilon: Float

  init(kernel: Int, stride: Int, weight: Parameter, gain: Parameter, shift: Parameter, epsilon: Float) {
    self.kernel = kernel
    self.stride = stride
    self.weight = weight
    self.gain = gain
    self.shift = shift
    self.epsilon = epsilon
  }

  private var channels: Int { weight.value.rows }

  func outputFrames(for samples: Int) -> Int { samples < kernel ? 0 : (samples - kernel) / stride + 1 }

  /// What the backward pass needs of an utterance.
  struct Statistics {
    let moments: WindowMoments
    /// s of each channel.
    let deviations: [Double]
  }

  private func windows(_ samples: Matrix, count: Int) -> Matrix {
    Matrix(samples.pointer, rows: count, columns: kernel, stride: stride)
  }

  private func doubles(_ channel: Int) -> [Double] {
    (0..<kernel).map { Double(weight.value.row(channel)[$0]) }
  }

  /// (samples, 1), readable to 16 beyond the last, to n, (frames, C).
  func forward(
    _ samples: Matrix, into n: Matrix, workspace: Workspace, on compute: Compute
  ) -> Statistics {
    let moments = WindowMoments(
      of: UnsafeBufferPointer(start: samples.pointer, count: samples.rows), kernel: kernel, stride: stride)
    var deviations: [Double] = []
    workspace.scope {
      let folded = workspace.matrix(rows: channels, columns: kernel)
      let bias = workspace.matrix(rows: 1, columns: channels)
      for channel in 0..<channels {
        let w = doubles(channel)
        let (mean, covariant) = moments.project(w)
        let deviation = (max(dot(w, covariant), 0) + Double(epsilon)).squareRoot()
        let scale = Double(gain.value.pointer[channel]) / deviation
        for tap in 0..<kernel { folded.row(channel)[tap] = Float(w[tap] * scale) }
        bias.pointer[channel] = Float(Double(shift.value.pointer[channel]) - mean * scale)
        deviations.append(deviation)
      }
      compute.multiply(windows(samples, count: n.rows), byTransposeOf: folded, into: n, bias: bias)
    }
    return Statistics(moments: moments, deviations: deviations)
  }

  /// Adds to the gradients of the parameters.
  func backward(
    _ dn: Matrix, input samples: Matrix, _ statistics: Statistics, workspace: Workspace, on compute: Compute
  ) {
    workspace.scope {
      let products = workspace.matrix(rows: channels, columns: kernel)
      let sums = workspace.matrix(rows: 1, columns: channels)
      for channel in 0..<channels { products.row(channel).update(repeating: 0, count: kernel) }
      sums.pointer.update(repeating: 0, count: channels)
      compute.accumulate(transposeOf: dn, times: windows(samples, count: dn.rows), into: products)
      compute.accumulate(rowsOf: dn, into: sums)
      for channel in 0..<channels {
        let w = doubles(channel)
        let (mean, covariant) = statistics.moments.project(w)
        let deviation = statistics.deviations[channel]
        let product = (0..<kernel).map { Double(products.row(channel)[$0]) }
        let dshift = Double(sums.pointer[channel])
        let dgain = (dot(w, product) - mean * dshift) / deviation
        let scale = Double(gain.value.pointer[channel]) / deviation
        for tap in 0..<kernel {
          weight.gradient.row(channel)[tap] += Float(
            scale
              * (product[tap] - statistics.moments.mean[tap] * dshift - covariant[tap] * dgain / deviation))
        }
        gain.gradient.pointer[channel] += Float(dgain)
        shift.gradient.pointer[channel] += Float(dshift)
      }
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
