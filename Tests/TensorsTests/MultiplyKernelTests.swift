import CKernels
import Tensors
import TestSupport
import Testing

@Suite("The product kernel, at every level")
struct MultiplyKernelTests {
  struct Shape: CustomStringConvertible {
    var rows: Int
    var depth: Int
    var width: Int
    var xStride: Int
    var description: String { "\(rows) x \(depth) by \(width), rows \(xStride) apart" }
  }

  static let shapes: [Shape] = [
    Shape(rows: 1, depth: 1, width: 16, xStride: 1), Shape(rows: 3, depth: 5, width: 32, xStride: 9),
    Shape(rows: 8, depth: 64, width: 48, xStride: 64), Shape(rows: 13, depth: 33, width: 48, xStride: 40),
    Shape(rows: 29, depth: 10, width: 48, xStride: 5), Shape(rows: 31, depth: 128, width: 32, xStride: 16),
    Shape(rows: 6, depth: 700, width: 16, xStride: 701), Shape(rows: 17, depth: 3, width: 48, xStride: 1),
  ]

  /// |error| of a sum of n products: each of the n additions and multiplications rounds once, relative to
  /// what has been added up so far, which is at most the sum of magnitudes.
  private func bound(_ depth: Int, _ magnitudes: Double) -> Double {
    2 * Double(depth) * rounding * magnitudes
  }

  @Test("equals the plain triple loop in double precision, overlapping rows included", arguments: shapes)
  func equalsPlainLoop(_ shape: Shape) {
    var generator = Seeded(UInt64(shape.rows * 1000 + shape.depth))
    let x = generator.floats((shape.rows - 1) * shape.xStride + shape.depth)
    let panel = generator.floats(shape.depth * shape.width)
    let before = generator.floats(shape.rows * shape.width)
    for kernels in everyLevel {
      for accumulate in [false, true] {
        var sums = before
        kernels.multiply(
          &sums, shape.width, x, shape.xStride, panel, shape.width, shape.width, shape.depth, shape.rows,
          accumulate, nil,
          nil)
        for r in 0..<shape.rows {
          for c in 0..<shape.width {
            var expected = accumulate ? Double(before[r * shape.width + c]) : 0
            var magnitudes = abs(expected)
            for k in 0..<shape.depth {
              let product = Double(x[r * shape.xStride + k]) * Double(panel[k * shape.width + c])
              expected += product
              magnitudes += abs(product)
            }
            let error = abs(Double(sums[r * shape.width + c]) - expected)
            #expect(error <= bound(shape.depth + 1, magnitudes), "\(kernels.level) \(shape) at \(r), \(c)")
          }
        }
      }
    }
  }

  @Test("a row's sums do not depend on the rows around it, nor on fetching ahead")
  func rowsAreIndependent() {
    var generator = Seeded(7)
    let (rows, depth, width) = (21, 77, 48)
    let x = generator.floats(rows * depth)
    let panel = generator.floats(depth * width)
    for kernels in everyLevel {
      var together = [Float](repeating: 0, count: rows * width)
      panel.withUnsafeBufferPointer {
        kernels.multiply(
          &together, width, x, depth, $0.baseAddress!, width, width, depth, rows, false, $0.baseAddress!, nil)
      }
      for r in 0..<rows {
        var alone = [Float](repeating: 0, count: width)
        kernels.multiply(
          &alone, width, Array(x[r * depth..<(r + 1) * depth]), depth, panel, width, width, depth, 1, false,
          nil, nil
        )
        #expect(alone == Array(together[r * width..<(r + 1) * width]), "\(kernels.level), row \(r)")
      }
    }
  }

  @Test("AVX-512 and AVX2 give the same bits: the same fused additions in the same order")
  func levelsAgree() {
    let fused = everyLevel.filter { $0.level == CK_AVX2 || $0.level == CK_AVX512 }
    guard fused.count == 2 else { return }
    var generator = Seeded(8)
    let x = generator.floats(9 * 300)
    let panel = generator.floats(300 * 48)
    let results = fused.map { kernels in
      var sums = [Float](repeating: 0, count: 9 * 48)
      kernels.multiply(&sums, 48, x, 300, panel, 48, 48, 300, 9, false, nil, nil)
      return sums
    }
    #expect(results[0] == results[1])
  }

  @Test("the epilogue scales, adds the bias, activates and adds the residual, and writes nothing else")
  func epilogue() {
    var generator = Seeded(9)
    let (rows, depth) = (11, 4)
    for kernels in everyLevel {
      for columns in [1, 7, 16, 21, 47, 48] {
        let width = (columns + 15) / 16 * 16
        let x = generator.floats(rows * depth)
        let panel = generator.floats(depth * width)
        let scale = generator.floats(rows)
        let bias = generator.floats(width)
        let residual = generator.floats(rows * 50)
        for parts in 0..<8 {
          var y = [Float](repeating: 99, count: rows * 53)
          var sums = [Float](repeating: 0, count: rows * width)
          scale.withUnsafeBufferPointer { scale in
            bias.withUnsafeBufferPointer { bias in
              residual.withUnsafeBufferPointer { residual in
                y.withUnsafeMutableBufferPointer { y in
                  var epilogue = ck_epilogue()
                  epilogue.y = y.baseAddress!
                  epilogue.y_stride = 53
                  epilogue.columns = columns
                  epilogue.activation = CK_RELU
                  if parts & 1 != 0 { epilogue.scale = scale.baseAddress! }
                  if parts & 2 != 0 { epilogue.bias = bias.baseAddress! }
                  if parts & 4 != 0 {
                    epilogue.residual = residual.baseAddress!
                    epilogue.residual_stride = 50
                  }
                  kernels.multiply(
                    &sums, width, x, depth, panel, width, width, depth, rows, false, nil, &epilogue)
                }
              }
            }
          }
          for r in 0..<rows {
            for c in 0..<53 {
              guard c < columns else {
                #expect(y[r * 53 + c] == 99, "column \(c) of \(columns) was written")
                continue
              }
              var expected = sums[r * width + c]
              if parts & 1 != 0 { expected *= scale[r] }
              if parts & 2 != 0 { expected += bias[c] }
              expected = max(expected, 0)
              if parts & 4 != 0 { expected += residual[r * 50 + c] }
              #expect(
                abs(y[r * 53 + c] - expected) <= 16 * Float(rounding),
                "\(kernels.level), parts \(parts), \(r), \(c)")
            }
          }
        }
      }
    }
  }
}
