import CKernels

// The three products of a linear layer y = x W^T while it is trained, over W as PyTorch keeps it, (outputs,
// inputs) row-major: nothing has to be packed again when an optimizer has changed W.
//
//     y = x W^T           panels of W are transposed on the way into the second-level cache
//     dx = dy W           W's rows are panels as they stand
//     dW += dy^T x        so are x's
extension Compute {
  /// y = activation(x W^T + bias) + residual: (N, inputs) by (outputs, inputs) to (N, outputs).
  /// - Parameter bias: one row of outputs, readable to a multiple of 16.
  public func multiply(
    _ x: Matrix, byTransposeOf weights: Matrix, into y: Matrix, bias: Matrix? = nil,
    activation: Activation = .identity, residual: Matrix? = nil
  ) {
    multiply(
      byTransposes: [(x, weights)], into: y, bias: bias, activation: activation, residual: residual)
  }

  /// y = activation(the sum over `products` of x W^T + bias) + residual: each (N, inputs) by (outputs,
  /// inputs) to (N, outputs).
  /// - Parameter bias: one row of outputs, readable to a multiple of 16.
  public func multiply(
    byTransposes products: [(x: Matrix, weights: Matrix)], into y: Matrix, bias: Matrix? = nil,
    activation: Activation = .identity, residual: Matrix? = nil
  ) {
    for (x, weights) in products {
      precondition(
        x.columns == weights.columns && y.columns == weights.rows && x.rows == y.rows,
        "(\(x.rows), \(x.columns)) by (\(weights.rows), \(weights.columns)) into (\(y.rows), \(y.columns))")
    }
    let tiles = Tiling(rows: y.rows, panels: panels(of: y.columns), threads: threads)
    let panelSize = ProductTerm.longest * PackedMatrix.panelWidth
    reserveScratch(panelSize + tiles.rowsPerBlock * PackedMatrix.panelWidth)
    run(tasks: tiles.tasks) { task, worker in
      let rows = tiles.rows(ofTask: task)
      let first = tiles.panel(ofTask: task) * PackedMatrix.panelWidth
      let columns = min(PackedMatrix.panelWidth, y.columns - first)
      let width = roundedToStep(columns)
      let panel = scratch(ofWorker: worker)
      let block = epilogue(
        y.columns(first..<first + columns).rows(rows), bias: bias.map { $0.pointer + first }, activation,
        residual?.columns(first..<first + columns).rows(rows))
      for (index, (x, weights)) in products.enumerated() {
        let terms = ProductTerm.whole(depth: weights.columns)
        for (place, term) in terms.enumerated() {
          let isLast = index == products.count - 1 && place == terms.count - 1
          kernels.transpose(
            panel, width, weights.row(first) + term.input, weights.stride, term.depth, columns)
          withUnsafePointer(to: block) { block in
            kernels.multiply(
              panel + panelSize, width, x.row(rows.lowerBound) + term.offset, x.stride, panel, width, width,
              term.depth, rows.count, index > 0 || place > 0, nil, isLast ? block : nil)
          }
        }
      }
    }
  }

  /// y = residual + the sum over `products` of x W: each (N, outputs) by (outputs, inputs) to (N, inputs).
  ///
  /// Rows of the weights must be readable to a multiple of 16.
  public func multiply(_ products: [(x: Matrix, weights: Matrix)], into y: Matrix, residual: Matrix? = nil) {
    for (x, weights) in products {
      precondition(
        x.columns == weights.rows && y.columns == weights.columns && x.rows == y.rows,
        "(\(x.rows), \(x.columns)) by (\(weights.rows), \(weights.columns)) into (\(y.rows), \(y.columns))")
    }
    let tiles = Tiling(rows: y.rows, panels: panels(of: y.columns), threads: threads)
    reserveScratch(tiles.rowsPerBlock * PackedMatrix.panelWidth)
    run(tasks: tiles.tasks) { task, worker in
      let rows = tiles.rows(ofTask: task)
      let first = tiles.panel(ofTask: task) * PackedMatrix.panelWidth
      let columns = min(PackedMatrix.panelWidth, y.columns - first)
      let width = roundedToStep(columns)
      let block = epilogue(
        y.columns(first..<first + columns).rows(rows), bias: nil, .identity,
        residual?.columns(first..<first + columns).rows(rows))
      for (index, (x, weights)) in products.enumerated() {
        let terms = ProductTerm.whole(depth: weights.rows)
        for (place, term) in terms.enumerated() {
          let isLast = index == products.count - 1 && place == terms.count - 1
          withUnsafePointer(to: block) { block in
            kernels.multiply(
              scratch(ofWorker: worker), width, x.row(rows.lowerBound) + term.offset, x.stride,
              weights.row(term.input) + first, weights.stride, width, term.depth, rows.count,
              index > 0 || place > 0, nil, isLast ? block : nil)
          }
        }
      }
    }
  }

  /// sums += x^T z: (N, rows) and (N, columns) to (rows, columns), added in the order of N.
  ///
  /// Rows of `z` must be readable to a multiple of 16.
  public func accumulate(transposeOf x: Matrix, times z: Matrix, into sums: Matrix) {
    precondition(
      x.rows == z.rows && sums.rows == x.columns && sums.columns == z.columns,
      "(\(x.rows), \(x.columns)) and (\(z.rows), \(z.columns)) into (\(sums.rows), \(sums.columns))")
    guard x.rows > 0 else { return }
    let terms = ProductTerm.whole(depth: x.rows)
    let panels = panels(of: z.columns)
    let rowsPerBlock = Self.rowsOfTransposedBlock(depth: terms[0].depth)
    let blocks = (sums.rows + rowsPerBlock - 1) / rowsPerBlock
    reserveScratch(rowsPerBlock * PackedMatrix.step)
    run(tasks: blocks * panels) { task, worker in
      let row = task / panels * rowsPerBlock
      let rows = min(rowsPerBlock, sums.rows - row)
      let column = task % panels * PackedMatrix.panelWidth
      let columns = min(PackedMatrix.panelWidth, sums.columns - column)
      let whole = columns / PackedMatrix.step * PackedMatrix.step
      for term in terms {
        let from = x.row(term.offset) + row
        let panel = z.row(term.offset) + column
        if whole > 0 {
          kernels.multiply_transposed(
            sums.row(row) + column, sums.stride, from, x.stride, panel, z.stride, whole, term.depth, rows,
            true)
        }
        if whole < columns {
          // A whole vector would spill into what lies behind the row.
          let rest = scratch(ofWorker: worker)
          kernels.multiply_transposed(
            rest, PackedMatrix.step, from, x.stride, panel + whole, z.stride, PackedMatrix.step, term.depth,
            rows, false)
          for r in 0..<rows {
            let to = sums.row(row + r) + column + whole
            for c in 0..<columns - whole { to[c] += rest[r * PackedMatrix.step + c] }
          }
        }
      }
    }
  }

  /// sums += the sum over the rows of `x`, added in their order; `sums` is one row.
  public func accumulate(rowsOf x: Matrix, into sums: Matrix) {
    precondition(sums.columns == x.columns, "\(x.columns) columns into \(sums.columns)")
    let columnsPerTask = 128
    run(tasks: (x.columns + columnsPerTask - 1) / columnsPerTask) { task, _ in
      let first = task * columnsPerTask
      kernels.column_sums(
        sums.pointer + first, x.pointer + first, x.stride, min(columnsPerTask, x.columns - first), x.rows)
    }
  }

  /// Columns of x whose part of a term stays in the second-level cache while the panels of z pass by.
  private static func rowsOfTransposedBlock(depth: Int) -> Int {
    max(16, (1 << 17) / depth / 16 * 16)
  }

  private func panels(of columns: Int) -> Int {
    (columns + PackedMatrix.panelWidth - 1) / PackedMatrix.panelWidth
  }

  private func roundedToStep(_ columns: Int) -> Int {
    (columns + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
  }

  private func epilogue(
    _ y: Matrix, bias: UnsafePointer<Float>?, _ activation: Activation, _ residual: Matrix?
  ) -> ck_epilogue {
    ck_epilogue(
      y: y.pointer, y_stride: y.stride, columns: y.columns, scale: nil, bias: bias,
      residual: residual.map { UnsafePointer($0.pointer) }, residual_stride: residual?.stride ?? 0,
      activation: activation.code)
  }
}
