public import Tensors

/// A matrix of `values`, (rows, columns) row-major, in `workspace`.
public func matrix(
  _ workspace: Workspace, rows: Int, columns: Int, _ values: [Float], packed: Bool = false
) -> Matrix {
  precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
  let matrix = workspace.matrix(rows: rows, columns: columns, packed: packed)
  for r in 0..<rows { for c in 0..<columns { matrix.row(r)[c] = values[r * columns + c] } }
  return matrix
}
