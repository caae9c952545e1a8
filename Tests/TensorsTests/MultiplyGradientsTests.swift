import Tensors
import TestSupport
import Testing

@Suite("The three products of a linear layer in training")
struct MultiplyGradientsTests {
  struct Shape: CustomStringConvertible, Sendable {
    var rows: Int
    var inputs: Int
    var outputs: Int
    var description: String { "\(rows) frames, \(inputs) to \(outputs)" }
  }

  static let shapes: [Shape] = [
    Shape(rows: 1, inputs: 1, outputs: 1), Shape(rows: 3, inputs: 5, outputs: 7),
    Shape(rows: 17, inputs: 33, outputs: 50), Shape(rows: 64, inputs: 48, outputs: 96),
    Shape(rows: 7, inputs: 800, outputs: 49), Shape(rows: 130, inputs: 20, outputs: 1601),
    Shape(rows: 801, inputs: 17, outputs: 15), Shape(rows: 2, inputs: 1537, outputs: 3),
  ]

  /// Padding must not matter: it holds NaN.
  private func padded(_ workspace: Workspace, _ rows: Int, _ columns: Int, _ values: [Float]) -> Matrix {
    let matrix = workspace.matrix(rows: rows, columns: columns)
    matrix.pointer.update(repeating: .nan, count: rows * matrix.stride + 16)
    for r in 0..<rows { for c in 0..<columns { matrix.row(r)[c] = values[r * columns + c] } }
    return matrix
  }

  private func expect(
    _ found: Matrix, terms: Int, _ comment: String,
    _ expected: (_ row: Int, _ column: Int) -> (Double, Double)
  ) {
    for r in 0..<found.rows {
      for c in 0..<found.columns {
        let (value, magnitudes) = expected(r, c)
        let error = abs(Double(found.row(r)[c]) - value)
        // One rounding for each product and each addition.
        #expect(error <= 2 * Double(terms + 3) * rounding * magnitudes, "\(comment) at \(r), \(c)")
      }
      for c in found.columns..<found.stride { #expect(found.row(r)[c].isNaN, "\(comment): padding written") }
    }
  }

  private func sum(_ start: Float, _ terms: some Sequence<(Float, Float)>) -> (Double, Double) {
    terms.reduce(into: (Double(start), abs(Double(start)))) {
      let product = Double($1.0) * Double($1.1)
      $0.0 += product
      $0.1 += abs(product)
    }
  }

  @Test("equal plain loops in double precision, whatever the padding holds", arguments: shapes)
  func equalPlainLoops(_ shape: Shape) {
    let (n, i, o) = (shape.rows, shape.inputs, shape.outputs)
    let (x, w, dy) = (random(n * i, 1), random(o * i, 2), random(n * o, 3))
    let (bias, residualY, residualX, before) = (
      random(o, 4), random(n * o, 5), random(n * i, 6), random(o * i, 7)
    )
    let (second, w2) = (random(n * 3, 8), random(3 * i, 9))
    for level in KernelLevel.supported {
      let compute = Compute(threads: 2, level: level)
      let workspace = Workspace()
      workspace.scope {
        let (xs, ws, dys) = (
          padded(workspace, n, i, x), padded(workspace, o, i, w), padded(workspace, n, o, dy)
        )
        let y = padded(workspace, n, o, residualY)
        compute.multiply(
          xs, byTransposeOf: ws, into: y, bias: padded(workspace, 1, o, bias), activation: .relu, residual: y)
        expect(y, terms: i + 1, "\(level), y") { r, c in
          let (value, magnitudes) = sum(bias[c], (0..<i).lazy.map { (x[r * i + $0], w[c * i + $0]) })
          let residual = Double(residualY[r * o + c])
          return (max(value, 0) + residual, magnitudes + abs(residual))
        }
        let dx = padded(workspace, n, i, residualX)
        compute.multiply(
          [(dys, ws), (padded(workspace, n, 3, second), padded(workspace, 3, i, w2))], into: dx, residual: dx)
        expect(dx, terms: o + 3, "\(level), dx") { r, c in
          let first = sum(residualX[r * i + c], (0..<o).lazy.map { (dy[r * o + $0], w[$0 * i + c]) })
          let rest = sum(0, (0..<3).lazy.map { (second[r * 3 + $0], w2[$0 * i + c]) })
          return (first.0 + rest.0, first.1 + rest.1)
        }
        let dw = padded(workspace, o, i, before)
        compute.accumulate(transposeOf: dys, times: xs, into: dw)
        expect(dw, terms: n, "\(level), dW") { r, c in
          sum(before[r * i + c], (0..<n).lazy.map { (dy[$0 * o + r], x[$0 * i + c]) })
        }
        let db = padded(workspace, 1, o, bias)
        compute.accumulate(rowsOf: dys, into: db)
        expect(db, terms: n, "\(level), db") { _, c in
          sum(bias[c], (0..<n).lazy.map { (dy[$0 * o + c], 1) })
        }
      }
    }
  }

  @Test("give the same bits on any number of threads", arguments: shapes)
  func threadsAgree(_ shape: Shape) {
    let (n, i, o) = (shape.rows, shape.inputs, shape.outputs)
    let (x, w, dy) = (random(n * i, 1), random(o * i, 2), random(n * o, 3))
    let results = [1, 2, 5].map { threads in
      let compute = Compute(threads: threads)
      let workspace = Workspace()
      return workspace.scope {
        let (xs, ws, dys) = (
          padded(workspace, n, i, x), padded(workspace, o, i, w), padded(workspace, n, o, dy)
        )
        let y = padded(workspace, n, o, dy)
        compute.multiply(xs, byTransposeOf: ws, into: y)
        let dx = padded(workspace, n, i, x)
        compute.multiply([(dys, ws)], into: dx)
        let (dw, db) = (padded(workspace, o, i, w), padded(workspace, 1, o, Array(dy[..<o])))
        compute.accumulate(transposeOf: dys, times: xs, into: dw)
        compute.accumulate(rowsOf: dys, into: db)
        return [y, dx, dw, db].map { $0.elements() }
      }
    }
    #expect(results[1] == results[0] && results[2] == results[0])
  }

  @Test("no frames leave sums as they are")
  func noFrames() {
    let workspace = Workspace()
    let compute = Compute(threads: 1)
    workspace.scope {
      let sums = padded(workspace, 2, 3, [1, 2, 3, 4, 5, 6])
      compute.accumulate(
        transposeOf: workspace.matrix(rows: 0, columns: 2), times: workspace.matrix(rows: 0, columns: 3),
        into: sums)
      #expect(sums.elements() == [1, 2, 3, 4, 5, 6])
    }
  }
}
