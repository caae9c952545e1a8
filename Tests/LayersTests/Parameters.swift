import Layers
import Tensors

/// A parameter of these values, zeros behind each row, whose gradient begins as `before`.
func parameter(
  _ workspace: Workspace, rows: Int, columns: Int, _ values: [Float], before: [Float]
) -> Parameter {
  func matrix(_ values: [Float]) -> Matrix {
    let matrix = workspace.matrix(rows: rows, columns: columns)
    matrix.pointer.update(repeating: 0, count: rows * matrix.stride + 16)
    for r in 0..<rows { for c in 0..<columns { matrix.row(r)[c] = values[r * columns + c] } }
    return matrix
  }
  return Parameter(value: matrix(values), gradient: matrix(before))
}

/// A number and how far a float32 result may be from it.
struct Bounded {
  var value: Double
  var bound: Double

  func holds(_ found: Float) -> Bool { abs(Double(found) - value) <= bound }
}

/// A sum of products in double precision and the sum of their magnitudes.
struct ProductSum {
  private(set) var value: Double
  private(set) var magnitude: Double

  init(_ start: Double = 0) {
    value = start
    magnitude = abs(start)
  }

  mutating func add(_ a: some BinaryFloatingPoint, _ b: some BinaryFloatingPoint) {
    let product = Double(a) * Double(b)
    value += product
    magnitude += abs(product)
  }
}
