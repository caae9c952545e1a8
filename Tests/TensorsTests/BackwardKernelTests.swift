import CKernels
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Gradients of activations, norms and softmax, at every level")
struct BackwardKernelTests {
  // MARK: Activations

  /// Every activation, where its derivative jumps or bends, and what PyTorch says its derivative is there.
  static let corners: [(ck_activation, [(x: Double, derivative: Double)])] = [
    (CK_IDENTITY, []), (CK_GELU, []), (CK_GELU_TANH, []), (CK_GELU_SIGMOID, []), (CK_RELU, [(0, 0)]),
    (CK_SILU, []), (CK_TANH, []), (CK_SIGMOID, []), (CK_GELU_CLIPPED, [(10, 1)]),
    (CK_HARD_SWISH, [(-3, 0), (3, 1)]), (CK_LAPLACE, []), (CK_LEAKY_RELU, [(0, 0.01)]), (CK_MISH, []),
    (CK_RELU_SQUARED, [(0, 0)]), (CK_RELU6, [(0, 0), (6, 0)]), (CK_SQRT_SOFTPLUS, []),
  ]

  @Test("derivatives in double precision are the slopes of the activations", arguments: corners)
  func derivatives(activation: ck_activation, corners: [(x: Double, derivative: Double)]) {
    // Central differences are off by f''' h^2 / 6, at most 3e-10 (Laplace), and by a rounding of f or of x
    // over h, of which 4e-10 is the most for each unit of the slope.
    let h = 1e-5
    for x in stride(from: -30, through: 30, by: 0.0137)
    where !corners.contains(where: { abs($0.x - x) < 2 * h }) {
      let slope = (ck_activation_of(activation, x + h) - ck_activation_of(activation, x - h)) / (2 * h)
      let derivative = ck_activation_derivative_of(activation, x)
      #expect(
        abs(derivative - slope) <= 2e-9 * max(1, abs(slope)),
        "activation \(activation.rawValue) at \(x): \(derivative), not \(slope)")
    }
    for corner in corners {
      #expect(
        abs(ck_activation_derivative_of(activation, corner.x) - corner.derivative) <= 1e-12,
        "activation \(activation.rawValue) at \(corner.x)")
    }
  }

  /// How far a derivative in float32 may be from the exact one at x: a few roundings of a probability or of a
  /// hyperbolic tangent (3e-7 by the tests of the activations), times what it is multiplied by.
  private static func tolerance(_ activation: ck_activation, _ x: Double) -> Double {
    switch activation {
    case CK_GELU: 6e-7
    case CK_GELU_TANH: abs(x) > 6 ? 1e-6 : 6e-7 * (1 + abs(x) * (1 + 0.134 * x * x))
    case CK_GELU_SIGMOID: 3e-7 * (2 + 1.702 * abs(x))
    case CK_SILU: 3e-7 * (2 + abs(x))
    case CK_TANH, CK_SIGMOID: 6e-7
    default: rounding
    }
  }

  @Test("activations backward multiply by the derivative", arguments: corners.map(\.0))
  func activateBackward(activation: ck_activation) {
    var x: [Float] = stride(from: -30, through: 30, by: 0.0137).map { Float($0) }
    x += [0, -0.0, 1e-30, -1e-30, 100, -100, 1e4, -1e4, 3, -3, 6, 10, 5.500001]
    let dy = random(x.count, 3)
    for kernels in everyLevel {
      for count in [x.count, 1, 5, 16, 31] {
        let part = Array(x.suffix(count))
        var dx = [Float](repeating: 99, count: count + 16)
        kernels.activate_backward(&dx, part, dy, count, activation)
        #expect(dx[count...].allSatisfy { $0 == 99 })
        for i in 0..<count {
          let derivative = ck_activation_derivative_of(activation, Double(part[i]))
          let expected = Double(dy[i]) * derivative
          let bound =
            abs(Double(dy[i])) * Self.tolerance(activation, Double(part[i])) * max(1, abs(derivative))
          #expect(
            abs(Double(dx[i]) - expected) <= bound + 2 * rounding * abs(expected),
            "\(kernels.level), activation \(activation.rawValue) at \(part[i])")
        }
        var (ontoX, ontoGradient) = (part, Array(dy[..<count]))
        ontoX.withUnsafeMutableBufferPointer {
          kernels.activate_backward($0.baseAddress!, $0.baseAddress!, dy, count, activation)
        }
        ontoGradient.withUnsafeMutableBufferPointer {
          kernels.activate_backward($0.baseAddress!, part, $0.baseAddress!, count, activation)
        }
        #expect(ontoX == Array(dx[..<count]) && ontoGradient == ontoX, "\(kernels.level), in place")
      }
    }
  }

  // MARK: Layer norm

  /// One row in double precision.
  private struct Norm {
    let normed: [Double]
    let scale: Double

    init(_ x: [Double], epsilon: Double) {
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      let scale = 1 / (variance + epsilon).squareRoot()
      normed = x.map { ($0 - mean) * scale }
      self.scale = scale
    }

    func gradient(_ dy: [Double], weight: [Double]) -> [Double] {
      let g = zip(dy, weight).map { $0 * $1 }
      let meanG = g.reduce(0, +) / Double(g.count)
      let meanGN = zip(g, normed).reduce(0) { $0 + $1.0 * $1.1 } / Double(g.count)
      return zip(g, normed).map { ($0 - meanG - $1 * meanGN) * scale }
    }
  }

  @Test("the formula of the layer norm's gradient is its slope")
  func layerNormSlope() {
    let (x, dy, weight) = (
      random(7, 1).map(Double.init), random(7, 2).map(Double.init), random(7, 3).map(Double.init)
    )
    func loss(_ x: [Double]) -> Double {
      zip(zip(Norm(x, epsilon: 1e-5).normed, weight), dy).reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 }
    }
    let gradient = Norm(x, epsilon: 1e-5).gradient(dy, weight: weight)
    for i in x.indices {
      let h = 1e-5
      var (up, down) = (x, x)
      up[i] += h
      down[i] -= h
      let slope = (loss(up) - loss(down)) / (2 * h)
      #expect(abs(slope - gradient[i]) <= 1e-8)
    }
  }

  @Test(
    "layer norm backward equals its formula in double precision", arguments: ElementwiseKernelTests.counts)
  func layerNorm(count: Int) {
    var generator = Seeded(UInt64(count))
    let (rows, stride) = (3, count + 5)
    let x = generator.floats(rows * stride, in: -3...5)
    let dy = generator.floats(rows * stride)
    let residual = generator.floats(rows * stride)
    let weight = generator.floats(count)
    let before = generator.floats(2 * count)
    func row(_ values: [Float], _ r: Int) -> [Double] { (0..<count).map { Double(values[r * stride + $0]) } }
    let norms = (0..<rows).map { Norm(row(x, $0), epsilon: 1e-5) }
    // A normed element is off by what the mean of values up to 5 is, which the scale enlarges; so is the
    // scale.
    let largest = norms.map { $0.normed.reduce(1) { max($0, abs($1)) } }.max()!
    let errors = norms.map { rounding * (40 * $0.scale + 8 * largest) }
    for kernels in everyLevel {
      for adds in [false, true] {
        var dx = [Float](repeating: 99, count: rows * stride)
        var dweight = Array(before[..<count]) + [99]
        var dbias = Array(before[count...]) + [99]
        residual.withUnsafeBufferPointer {
          kernels.layer_norm_backward(
            &dx, stride, x, stride, dy, stride, adds ? $0.baseAddress! : nil, stride, weight, &dweight,
            &dbias,
            1e-5, count, rows)
        }
        for r in 0..<rows {
          let expected = norms[r].gradient(row(dy, r), weight: weight.map(Double.init))
          // Its terms are at most 1, 1 and |n|^2; each is off by 16 roundings and by the errors of n and
          // scale.
          let bound = norms[r].scale * (1 + largest) * (1 + largest) * (16 * rounding + 4 * errors[r])
          for c in 0..<count {
            let whole = expected[c] + (adds ? Double(residual[r * stride + c]) : 0)
            #expect(
              abs(Double(dx[r * stride + c]) - whole) <= bound + 2 * rounding, "\(kernels.level), \(r), \(c)")
          }
          for c in count..<stride { #expect(dx[r * stride + c] == 99) }
        }
        for c in 0..<count {
          let ofWeight = (0..<rows).reduce(Double(before[c])) {
            $0 + Double(dy[$1 * stride + c]) * norms[$1].normed[c]
          }
          let ofBias = (0..<rows).reduce(Double(before[count + c])) { $0 + Double(dy[$1 * stride + c]) }
          let bound = errors.reduce(0, +) + 4 * Double(rows) * rounding * largest
          #expect(abs(Double(dweight[c]) - ofWeight) <= bound, "\(kernels.level), weight \(c)")
          let biasBound = 4 * Double(rows + 1) * rounding
          #expect(abs(Double(dbias[c]) - ofBias) <= biasBound, "\(kernels.level), bias \(c)")
        }
        #expect(dweight[count] == 99 && dbias[count] == 99)
      }
    }
  }

  @Test(
    "layer norm backward may overwrite the gradient or the residual, or leave dx out",
    arguments: [1, 17, 100])
  func layerNormInPlace(count: Int) {
    var generator = Seeded(UInt64(count))
    let rows = 3
    let x = generator.floats(rows * count)
    let dy = generator.floats(rows * count)
    let residual = generator.floats(rows * count)
    let weight = generator.floats(count)
    for kernels in everyLevel {
      func run(
        _ dx: UnsafeMutablePointer<Float>?, _ dy: UnsafePointer<Float>, _ residual: UnsafePointer<Float>
      ) -> [Float] {
        var sums = [Float](repeating: 0, count: 2 * count)
        sums.withUnsafeMutableBufferPointer {
          kernels.layer_norm_backward(
            dx, count, x, count, dy, count, residual, count, weight, $0.baseAddress!, $0.baseAddress! + count,
            1e-5,
            count, rows)
        }
        return sums
      }
      var apart = [Float](repeating: 0, count: rows * count)
      let sums = run(&apart, dy, residual)
      var ontoGradient = dy
      ontoGradient.withUnsafeMutableBufferPointer {
        #expect(run($0.baseAddress!, $0.baseAddress!, residual) == sums)
      }
      #expect(ontoGradient == apart)
      var ontoResidual = residual
      ontoResidual.withUnsafeMutableBufferPointer {
        #expect(run($0.baseAddress!, dy, $0.baseAddress!) == sums)
      }
      #expect(ontoResidual == apart)
      #expect(run(nil, dy, residual) == sums)
    }
  }

  // MARK: Softmax

  @Test("softmax backward equals its formula, with what dropout drops", arguments: RandomKernelTests.counts)
  func softmaxBackward(count: Int) {
    var generator = Seeded(UInt64(count))
    let numerators = generator.floats(count, in: 0...1)
    let dweights = generator.floats(count)
    let inverse = 1 / numerators.reduce(0, +)
    let delta: Float = 0.3125
    var start = ck_random(counter: (9 << 20, 4, 3, 2), key: (1, 0))
    // Weights and gradients are written up to a multiple of 16.
    let room = [Float](repeating: 0, count: 16)
    for threshold: UInt32 in [0, 6554, 40000] {
      let scale = Double(65536) / Double(65536 - threshold)
      for kernels in everyLevel {
        var kept = [Float](repeating: 0, count: count)
        kernels.dropout(&kept, [Float](repeating: 1, count: count), nil, count, &start, threshold)
        var (weights, scores) = (numerators + room, dweights + room)
        kernels.softmax_backward(&weights, &scores, count, inverse, delta, &start, threshold)
        for i in 0..<count {
          let p = Double(numerators[i]) * Double(inverse)
          let m = kept[i] == 0 ? 0 : scale
          // Four roundings at most, of terms of these sizes.
          #expect(
            abs(Double(weights[i]) - p * m) <= 4 * rounding * p * m, "\(kernels.level), \(threshold), \(i)")
          let expected = p * (Double(dweights[i]) * m - Double(delta))
          let bound = 5 * rounding * p * (abs(Double(dweights[i])) * m + Double(delta))
          #expect(abs(Double(scores[i]) - expected) <= bound, "\(kernels.level), \(threshold), \(i)")
        }
      }
    }
  }
}
