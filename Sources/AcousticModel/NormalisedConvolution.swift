import Layers
import Tensors

/// A convolution of a waveform followed by a norm of each output channel over the utterance's time (a group
/// norm with a group a channel).
///
/// The channel y_c[t] = w_c . x_t + b_c, with x_t the window of samples at t, has mean w_c . m + b_c and
/// variance w_c^T S w_c, where m and S are the mean and covariance of the windows. So the statistics are
/// known, in double precision, before any output is, and the norm is nothing but another set of weights:
///
///     (y_c - mean) / sqrt(variance + epsilon) g_c + h_c  =  (s_c w_c) . x_t + (h_c - s_c w_c . m),  s_c =
///     g_c / sqrt(variance + epsilon)
///
/// in which the convolution's own bias has cancelled.
final class NormalisedConvolution: Sendable {
  private let outputs: Int
  private let kernel: Int
  private let stride: Int
  private let weights: [Float]
  private let normWeight: [Float]
  private let normBias: [Float]
  private let epsilon: Float

  /// - Parameters:
  ///   - weights: (outputs, 1, kernel).
  ///   - normWeight: g, (outputs).
  ///   - normBias: h, (outputs).
  init(
    outputs: Int, kernel: Int, stride: Int, weights: [Float], normWeight: [Float], normBias: [Float],
    epsilon: Float
  ) {
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.weights = weights
    self.normWeight = normWeight
    self.normBias = normBias
    self.epsilon = epsilon
  }

  /// The convolution that does both for `waveform`, which must hold at least one window.
  func folded(over waveform: [Float]) -> Convolution {
    let moments = WindowMoments(of: waveform, kernel: kernel, stride: stride)
    var scaled = weights
    var bias = [Float](repeating: 0, count: outputs)
    for channel in 0..<outputs {
      let w = weights[channel * kernel..<(channel + 1) * kernel].map(Double.init)
      let (mean, covariant) = moments.project(w)
      let variance = zip(w, covariant).reduce(0) { $0 + $1.0 * $1.1 }
      let scale = Double(normWeight[channel]) / (max(variance, 0) + Double(epsilon)).squareRoot()
      for i in 0..<kernel { scaled[channel * kernel + i] = Float(w[i] * scale) }
      bias[channel] = Float(Double(normBias[channel]) - mean * scale)
    }
    return Convolution(
      outputs: outputs, inputs: 1, kernel: kernel, stride: stride, weights: scaled, bias: Vector(bias))
  }
}

/// Mean and (population) covariance of the windows of a waveform.
struct WindowMoments {
  /// (kernel).
  private(set) var mean: [Double]
  /// (kernel, kernel).
  private(set) var covariance: [Double]

  init(of waveform: [Float], kernel: Int, stride: Int) {
    self = waveform.withUnsafeBufferPointer { Self(of: $0, kernel: kernel, stride: stride) }
  }

  init(of waveform: UnsafeBufferPointer<Float>, kernel: Int, stride: Int) {
    precondition(waveform.count >= kernel, "\(waveform.count) samples do not fill a window of \(kernel)")
    let windows = (waveform.count - kernel) / stride + 1
    let lanes = 16
    let blocks = (kernel + lanes - 1) / lanes
    var sums = [Double](repeating: 0, count: blocks * lanes)
    var products = [SIMD16<Double>](repeating: .zero, count: kernel * blocks)
    var window = [SIMD16<Double>](repeating: .zero, count: blocks)
    products.withUnsafeMutableBufferPointer { products in
      window.withUnsafeMutableBufferPointer { window in
        for index in 0..<windows {
          let start = waveform.baseAddress! + index * stride
          for i in 0..<kernel { window[i / lanes][i % lanes] = Double(start[i]) }
          for i in 0..<kernel {
            let value = Double(start[i])
            sums[i] += value
            for block in 0..<blocks { products[i * blocks + block] += value * window[block] }
          }
        }
      }
    }
    mean = (0..<kernel).map { sums[$0] / Double(windows) }
    covariance = []
    for i in 0..<kernel {
      for j in 0..<kernel {
        covariance.append(products[i * blocks + j / lanes][j % lanes] / Double(windows) - mean[i] * mean[j])
      }
    }
  }
}

extension WindowMoments {
  /// w . mean, and the covariance times w.
  func project(_ w: [Double]) -> (mean: Double, covariant: [Double]) {
    let kernel = w.count
    var sum = 0.0
    var covariant = [Double](repeating: 0, count: kernel)
    for i in 0..<kernel {
      sum += w[i] * mean[i]
      for j in 0..<kernel { covariant[i] += covariance[i * kernel + j] * w[j] }
    }
    return (sum, covariant)
  }
}
