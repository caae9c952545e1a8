import CKernels
import Tensors
import TestSupport
import Testing

@Suite("The matrix products of gradients, at every level")
struct MultiplyTransposedTests {
  struct Shape: CustomStringConvertible, Sendable {
    var rows: Int
    var depth: Int
    var width: Int
    var xStride: Int
    var panelStride: Int
    var description: String {
      "\(depth) x \(rows) by \(width), rows \(xStride) and \(panelStride) apart"
    }
  }

  static let shapes: [Shape] = [
    Shape(rows: 1, depth: 1, width: 16, xStride: 1, panelStride: 16),
    Shape(rows: 3, depth: 5, width: 32, xStride: 9, panelStride: 40),
    Shape(rows: 8, depth: 64, width: 48, xStride: 8, panelStride: 48),
    Shape(rows: 13, depth: 33, width: 48, xStride: 40, panelStride: 51),
    Shape(rows: 16, depth: 2, width: 96, xStride: 16, panelStride: 96),
    Shape(rows: 31, depth: 128, width: 32, xStride: 31, panelStride: 33),
    Shape(rows: 6, depth: 700, width: 16, xStride: 7, panelStride: 1),
    Shape(rows: 17, depth: 3, width: 80, xStride: 17, panelStride: 200),
    Shape(rows: 5, depth: 0, width: 16, xStride: 5, panelStride: 16),
  ]

  /// Each of the additions and multiplications rounds once, relative to what has been added up so far.
  private func bound(_ depth: Int, _ magnitudes: Double) -> Double {
    2 * Double(depth + 1) * rounding * magnitudes
  }

  @Test("sums x[k][r] panel[k][c] in double precision, and writes nothing else", arguments: shapes)
  func transposedEqualsPlainLoop(_ shape: Shape) {
    var generator = Seeded(UInt64(shape.rows * 1000 + shape.depth))
    // Nothing is read behind the last row of either.
    let x = generator.floats(max(0, (shape.depth - 1) * shape.xStride + shape.rows))
    let panel = generator.floats(max(0, (shape.depth - 1) * shape.panelStride + shape.width))
    let sumsStride = shape.width + 3
    let before = generator.floats(shape.rows * sumsStride)
    for kernels in everyLevel {
      for accumulate in [false, true] {
        var sums = before
        kernels.multiply_transposed(
          &sums, sumsStride, x, shape.xStride, panel, shape.panelStride, shape.width, shape.depth, shape.rows,
          accumulate)
        for r in 0..<shape.rows {
          for c in 0..<sumsStride {
            let found = sums[r * sumsStride + c]
            guard c < shape.width else {
              #expect(found == before[r * sumsStride + c], "\(kernels.level) \(shape): wrote column \(c)")
              continue
            }
            var expected = accumulate ? Double(before[r * sumsStride + c]) : 0
            var magnitudes = abs(expected)
            for k in 0..<shape.depth {
              let product = Double(x[k * shape.xStride + r]) * Double(panel[k * shape.panelStride + c])
              expected += product
              magnitudes += abs(product)
            }
            #expect(
              abs(Double(found) - expected) <= bound(shape.depth, magnitudes),
              "\(kernels.level) \(shape) at \(r), \(c)")
          }
        }
      }
    }
  }

  @Test("of the untransposed kernel meet panels whose rows lie apart", arguments: shapes)
  func panelsWithGaps(_ shape: Shape) {
    var generator = Seeded(UInt64(shape.rows * 1000 + shape.depth) + 1)
    let x = generator.floats(shape.rows * (shape.depth + 2))
    let panel = generator.floats(max(0, (shape.depth - 1) * shape.panelStride + shape.width))
    let before = generator.floats(shape.rows * shape.width)
    for kernels in everyLevel {
      for accumulate in [false, true] {
        var sums = before
        kernels.multiply(
          &sums, shape.width, x, shape.depth + 2, panel, shape.panelStride, shape.width, shape.depth,
          shape.rows, accumulate, nil, nil)
        for r in 0..<shape.rows {
          for c in 0..<shape.width {
            var expected = accumulate ? Double(before[r * shape.width + c]) : 0
            var magnitudes = abs(expected)
            for k in 0..<shape.depth {
              let product = Double(x[r * (shape.depth + 2) + k]) * Double(panel[k * shape.panelStride + c])
              expected += product
              magnitudes += abs(product)
            }
            #expect(
              abs(Double(sums[r * shape.width + c]) - expected) <= bound(shape.depth, magnitudes),
              "\(kernels.level) \(shape) at \(r), \(c)")
          }
        }
      }
    }
  }

  @Test("a row's sums do not depend on the rows around it, nor on where a sum over k is cut")
  func rowsAreIndependent() {
    var generator = Seeded(7)
    let (rows, depth, width) = (21, 77, 48)
    let x = generator.floats(depth * rows)
    let panel = generator.floats(depth * width)
    for kernels in everyLevel {
      var together = [Float](repeating: 0, count: rows * width)
      kernels.multiply_transposed(&together, width, x, rows, panel, width, width, depth, rows, false)
      var inTwo = [Float](repeating: 9, count: rows * width)
      let cut = 30
      kernels.multiply_transposed(&inTwo, width, x, rows, panel, width, width, cut, rows, false)
      kernels.multiply_transposed(
        &inTwo, width, Array(x[(cut * rows)...]), rows, Array(panel[(cut * width)...]), width, width,
        depth - cut,
        rows, true)
      #expect(inTwo == together, "\(kernels.level)")
      for r in 0..<rows {
        var alone = [Float](repeating: 0, count: width)
        kernels.multiply_transposed(
          &alone, width, (0..<depth).map { x[$0 * rows + r] }, 1, panel, width, width, depth, 1, false)
        #expect(alone == Array(together[r * width..<(r + 1) * width]), "\(kernels.level), row \(r)")
      }
    }
  }

  @Test("AVX-512 and AVX2 give the same bits: the same fused additions in the same order")
  func levelsAgree() {
    let fused = everyLevel.filter { $0.level == CK_AVX2 || $0.level == CK_AVX512 }
    guard fused.count == 2 else { return }
    var generator = Seeded(8)
    let x = generator.floats(300 * 19)
    let panel = generator.floats(300 * 48)
    let results = fused.map { kernels in
      var sums = [Float](repeating: 0, count: 19 * 48)
      kernels.multiply_transposed(&sums, 48, x, 19, panel, 48, 48, 300, 19, false)
      return sums
    }
    #expect(results[0] == results[1])
  }

  @Test("column sums are those of the plain loop, and nothing else is written", arguments: [0, 1, 2, 9, 500])
  func columnSums(rows: Int) {
    var generator = Seeded(UInt64(rows))
    for columns in [1, 15, 16, 17, 48, 63, 64, 65, 200] {
      let stride = columns + 2
      let x = generator.floats(rows * stride)
      let before = generator.floats(columns + 4)
      for kernels in everyLevel {
        var sums = before
        kernels.column_sums(&sums, x, stride, columns, rows)
        #expect(sums[columns...] == before[columns...])
        for c in 0..<columns {
          let terms = [Double(before[c])] + (0..<rows).map { Double(x[$0 * stride + c]) }
          let bound = Double(rows) * rounding * terms.reduce(0) { $0 + abs($1) }
          #expect(abs(Double(sums[c]) - terms.reduce(0, +)) <= bound, "\(kernels.level), \(columns), \(c)")
        }
      }
    }
  }

  @Test("a dot product is that of the plain loop", arguments: ElementwiseKernelTests.counts)
  func dot(count: Int) {
    var generator = Seeded(UInt64(count))
    let (a, b) = (generator.floats(count), generator.floats(count))
    let products = zip(a, b).map { Double($0) * Double($1) }
    let bound = Double(count + 5) * rounding * products.reduce(0) { $0 + abs($1) }
    for kernels in everyLevel {
      #expect(abs(Double(kernels.dot(a, b, count)) - products.reduce(0, +)) <= bound, "\(kernels.level)")
    }
  }
}
