import CKernels
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Norms, softmax and activations, at every level")
struct ElementwiseKernelTests {
  static let counts = [1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 48, 100, 499, 768]

  @Test("layer norm equals its definition in double precision", arguments: counts)
  func layerNorm(count: Int) {
    var generator = Seeded(UInt64(count))
    let (rows, stride) = (3, count + 5)
    let x = generator.floats(rows * stride, in: -3...5)
    let weight = generator.floats(count)
    let bias = generator.floats(count)
    for kernels in everyLevel {
      var y = [Float](repeating: 99, count: rows * stride)
      kernels.layer_norm(&y, stride, x, stride, weight, bias, 1e-5, count, rows, CK_IDENTITY)
      for r in 0..<rows {
        let row = (0..<count).map { Double(x[r * stride + $0]) }
        let mean = row.reduce(0, +) / Double(count)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        let scale = 1 / (variance + 1e-5).squareRoot()
        for c in 0..<count {
          let expected = (row[c] - mean) * scale * Double(weight[c]) + Double(bias[c])
          // The mean of values up to 5 is off by a few roundings of 5, which `scale` then enlarges.
          let tolerance = rounding * (5 * scale * 8 + 16)
          #expect(abs(Double(y[r * stride + c]) - expected) <= tolerance, "\(kernels.level), \(r), \(c)")
        }
        for c in count..<stride { #expect(y[r * stride + c] == 99) }
      }
    }
  }

  @Test("layer norm of equal values is the bias, and works in place")
  func layerNormOfConstants() {
    for kernels in everyLevel {
      var x = [Float](repeating: 3, count: 20)
      let bias = (0..<20).map { Float($0) }
      x.withUnsafeMutableBufferPointer {
        let row = $0.baseAddress!
        kernels.layer_norm(row, 20, row, 20, [Float](repeating: 2, count: 20), bias, 1e-5, 20, 1, CK_IDENTITY)
      }
      #expect(x == bias)
    }
  }

  /// Every activation and how far a float32 evaluation may be from the exact value at x: a few roundings of
  /// the result plus, where a form subtracts, of what it subtracts.
  static let activations: [(ck_activation, @Sendable (Double) -> Double)] = [
    (CK_IDENTITY, { _ in 0 }), (CK_GELU, { 2e-7 * abs($0) + 1e-9 }),
    (CK_GELU_TANH, { 4e-7 * abs($0) + 1e-9 }),
    (CK_GELU_SIGMOID, { 4e-7 * abs($0) + 1e-9 }), (CK_RELU, { _ in 0 }), (CK_SILU, { 4e-7 * abs($0) + 1e-9 }),
    (CK_TANH, { _ in 3e-7 }), (CK_SIGMOID, { _ in 3e-7 }), (CK_GELU_CLIPPED, { 1e-7 * abs($0) }),
    (CK_HARD_SWISH, { 1e-7 * abs($0) }), (CK_LAPLACE, { _ in 1e-7 }), (CK_LEAKY_RELU, { 1e-7 * abs($0) }),
    (CK_MISH, { 1e-7 * abs($0) }), (CK_RELU_SQUARED, { 1e-7 * $0 * $0 + 1e-45 }), (CK_RELU6, { _ in 1e-6 }),
    (CK_SQRT_SOFTPLUS, { _ in 1e-6 }),
  ]

  @Test("activations equal their definitions in double precision")
  func activations() {
    var x: [Float] = stride(from: -30, through: 30, by: 0.0137).map { Float($0) }
    x += [0, -0.0, 1e-30, -1e-30, 100, -100, 1e4, -1e4, 5.5, -5.5, 5.500001, -5.500001]
    for kernels in everyLevel {
      for (activation, tolerance) in Self.activations {
        var y = x
        kernels.activate(&y, y.count, activation)
        for (value, result) in zip(x, y) {
          let expected = ck_activation_of(activation, Double(value))
          #expect(
            abs(Double(result) - expected) <= tolerance(Double(value)),
            "level \(kernels.level.rawValue), activation \(activation.rawValue) at \(value): \(result), not \(expected)"
          )
        }
      }
    }
  }

  @Test("softmax equals its definition in double precision", arguments: counts)
  func softmax(count: Int) {
    var generator = Seeded(UInt64(count))
    let scores = generator.floats(count, in: -40...40)
    for kernels in everyLevel {
      var x = scores + [Float](repeating: 5, count: 16)
      var most = [Float](repeating: -.infinity, count: 16)
      for first in stride(from: 0, to: count, by: 48) {
        x.withUnsafeMutableBufferPointer {
          kernels.softmax_maxima(&most, $0.baseAddress! + first, min(48, count - first))
        }
      }
      let scale = kernels.softmax_numerators(&x, count, most)
      let largest = Double(scores.max()!)
      let numerators = scores.map { exp2(Double($0) - largest) }
      let sum = numerators.reduce(0, +)
      for c in 0..<count {
        let expected = numerators[c] / sum
        // 40 has a rounding error of 2e-6, which the exponent turns into a relative error of the result.
        #expect(
          abs(Double(x[c]) * Double(scale) - expected) <= 4e-6 * expected + 1e-30, "\(kernels.level), \(c)")
      }
    }
  }

  @Test("log-softmax equals its definition in double precision", arguments: counts)
  func logSoftmax(count: Int) {
    var generator = Seeded(UInt64(count) + 1)
    for range: ClosedRange<Float> in [-1...1, -200...50] {
      let logits = generator.floats(count, in: range)
      for kernels in everyLevel {
        var y = [Float](repeating: 0, count: count)
        kernels.log_softmax(&y, logits, count)
        let most = Double(logits.max()!)
        let logarithm = most + log(logits.reduce(0) { $0 + exp(Double($1) - most) })
        for c in 0..<count {
          let expected = Double(logits[c]) - logarithm
          #expect(abs(Double(y[c]) - expected) <= 4 * rounding * (abs(expected) + abs(logarithm) + 1), "\(c)")
        }
      }
    }
  }

  @Test("log-softmax of one class is 0, and a NaN is not hidden")
  func logSoftmaxCorners() {
    for kernels in everyLevel {
      var y: [Float] = [1]
      kernels.log_softmax(&y, [123.25], 1)
      #expect(y == [0])
      var bad = [Float](repeating: 0, count: 20)
      kernels.log_softmax(&bad, [Float](repeating: 1, count: 19) + [.nan], 20)
      #expect(bad.contains { $0.isNaN })
    }
  }

  @Test(
    "transpose moves every element and zeroes the padding",
    arguments: [(1, 1), (3, 5), (4, 4), (17, 9), (48, 64), (31, 33)])
  func transpose(rows: Int, columns: Int) {
    let padded = (rows + 15) / 16 * 16
    let x = (0..<rows * (columns + 2)).map { Float($0) }
    for kernels in everyLevel {
      var y = [Float](repeating: -1, count: columns * padded)
      kernels.transpose(&y, padded, x, columns + 2, columns, rows)
      for c in 0..<columns {
        for r in 0..<padded { #expect(y[c * padded + r] == (r < rows ? x[r * (columns + 2) + c] : 0)) }
      }
    }
  }

  @Test("gather copies rows and zeroes what is left of them")
  func gather() {
    let x = (0..<40 * 7).map { Float($0) }
    for kernels in everyLevel {
      for columns in [1, 5, 7] {
        var y = [Float](repeating: -1, count: 40 * 9)
        kernels.gather(&y, 9, x, 7, columns, 40)
        for r in 0..<40 { for c in 0..<9 { #expect(y[r * 9 + c] == (c < columns ? x[r * 7 + c] : 0)) } }
      }
    }
  }

  @Test("subtract does, row by row")
  func subtract() {
    let a = (0..<20).map { Float($0) }
    let b = (0..<20).map { Float(2 * $0) }
    for kernels in everyLevel {
      var y = [Float](repeating: 9, count: 8)
      kernels.subtract(&y, 4, a, 10, b, 5, 3, 2)
      #expect(y == [0, -1, -2, 9, 0, -1, -2, 9])
    }
  }
}
