import Tensors
import TestSupport
import Testing

@Suite("Products with packed weights")
struct MultiplyTests {
  @Test(
    "both ways of packing give the same panels", arguments: [(1, 1), (16, 5), (48, 7), (50, 33), (97, 64)])
  func packing(outputs: Int, inputs: Int) {
    let weights = random(outputs * inputs, 1)
    let slow = PackedMatrix(outputs: outputs, inputs: inputs) { weights[$0 * inputs + $1] }
    let fast = PackedMatrix(outputs: outputs, inputs: inputs, weights: weights, on: Compute(threads: 2))
    for panel in 0..<slow.panels {
      let count = slow.width(ofPanel: panel) * inputs
      let a = UnsafeBufferPointer(start: slow.panel(panel), count: count)
      let b = UnsafeBufferPointer(start: fast.panel(panel), count: count)
      #expect(Array(a) == Array(b))
    }
  }

  @Test(
    "y = x W^T + b + r equals the plain loops, for depths of one and of several terms",
    arguments: [(1, 1, 1), (5, 17, 49), (40, 100, 96), (33, 769, 50), (10, 2000, 17)])
  func equalsPlainLoops(rows: Int, inputs: Int, outputs: Int) {
    let (x, w) = (random(rows * inputs, 2), random(outputs * inputs, 3))
    let (b, r) = (random(outputs, 4), random(rows * outputs, 5))
    for level in KernelLevel.supported {
      let compute = Compute(threads: 2, level: level)
      let workspace = Workspace()
      workspace.scope {
        let y = workspace.matrix(rows: rows, columns: outputs)
        compute.multiply(
          matrix(workspace, rows: rows, columns: inputs, x),
          by: PackedMatrix(outputs: outputs, inputs: inputs, weights: w, on: compute), into: y,
          Epilogue(bias: Vector(b), residual: matrix(workspace, rows: rows, columns: outputs, r)))
        for row in 0..<rows {
          for output in 0..<outputs {
            var expected = Double(b[output]) + Double(r[row * outputs + output])
            var magnitudes = abs(expected) + 1
            for k in 0..<inputs {
              let product = Double(x[row * inputs + k]) * Double(w[output * inputs + k])
              expected += product
              magnitudes += abs(product)
            }
            let bound = 2 * Double(inputs + 2) * rounding * magnitudes
            #expect(abs(Double(y.row(row)[output]) - expected) <= bound, "\(level), \(row), \(output)")
          }
        }
      }
    }
  }

  @Test("the bits do not depend on threads or on the rows of the call", arguments: KernelLevel.supported)
  func bitsAreStable(level: KernelLevel) {
    let (rows, inputs, outputs) = (131, 800, 100)
    let (x, w) = (random(rows * inputs, 6), random(outputs * inputs, 7))
    let workspace = Workspace()
    func product(threads: Int, _ range: Range<Int>) -> [Float] {
      let compute = Compute(threads: threads, level: level)
      let weights = PackedMatrix(outputs: outputs, inputs: inputs, weights: w, on: compute)
      return workspace.scope {
        let all = matrix(workspace, rows: rows, columns: inputs, x)
        let y = workspace.matrix(rows: range.count, columns: outputs)
        compute.multiply(all.rows(range), by: weights, into: y, Epilogue(activation: .gelu))
        return y.elements()
      }
    }
    let reference = product(threads: 1, 0..<rows)
    for threads in [2, 3, 7] { #expect(product(threads: threads, 0..<rows) == reference) }
    let part = 37..<90
    #expect(
      product(threads: 2, part) == Array(reference[part.lowerBound * outputs..<part.upperBound * outputs]))
  }
}
