import CKernels

// The three products of a linear layer y = x W^T while it is trained, over W as PyTorch keeps it, (outputs,
// inputs) row-major: nothing has to be packed again when an optimizer has changed W.
//
//     y = x W^T           panels of W are transposed on the way into the second-level cache
//     dx = dy W           panels of W are gathered there: a matrix's rows are often a multiple of 1 or 4 kB apart,
//                         and then share few sets of the caches
//     dW += dy^T x        so are panels of x, and blocks of dy are transposed there
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
    multiply(products, into: y, bias: bias, activation: activation, residual: residual) {
      panel, width, weights, term, columns in
      kernels.transpose(
        panel, width, weights.row(columns.lowerBound) + term.input, weights.stride, term.depth, columns.count)
    }
  }

  /// y = residual + the sum over `products` of x W: each (N, outputs) by (outputs, inputs) to (N, inputs).
  public func multiply(_ products: [(x: Matrix, weights: Matrix)], into y: Matrix, residual: Matrix? = nil) {
    for (x, weights) in products {
      precondition(
        x.columns == weights.rows && y.columns == weights.columns && x.rows == y.rows,
        "(\(x.rows), \(x.columns)) by (\(weights.rows), \(weights.columns)) into (\(y.rows), \(y.columns))")
    }
    multiply(products, into: y, residual: residual) { panel, width, weights, term, columns in
      kernels.gather(
        panel, width, weights.row(term.input) + columns.lowerBound, weights.stride, columns.count, term.depth)
    }
  }

  /// y = activation(the sum over `products` of x B + bias) + residual, a panel of B at a time.
  /// - Parameter pack: lays a term of a panel's columns of B out row by row, `width` floats apart.
  private func multiply(
    _ products: [(x: Matrix, weights: Matrix)], into y: Matrix, bias: Matrix? = nil,
    activation: Activation = .identity, residual: Matrix?,
    pack: (UnsafeMutablePointer<Float>, _ width: Int, Matrix, ProductTerm, _ columns: Range<Int>) -> Void
  ) {
    let tiles = Tiling(rows: y.rows, panels: panels(of: y.columns), threads: threads)
    let panelSize = ProductTerm.longest * PackedMatrix.panelWidth
    reserveScratch(panelSize + tiles.rowsPerBlock * PackedMatrix.panelWidth)
    run(tasks: tiles.tasks) { task, worker in
      let rows = tiles.rows(ofTask: task)
      let first = tiles.panel(ofTask: task) * PackedMatrix.panelWidth
      let columns = first..<min(first + PackedMatrix.panelWidth, y.columns)
      let width = roundedToStep(columns.count)
      let panel = scratch(ofWorker: worker)
      let block = epilogue(
        y.columns(columns).rows(rows), bias: bias.map { $0.pointer + first }, activation,
        residual?.columns(columns).rows(rows))
      for (index, (x, weights)) in products.enumerated() {
        let terms = ProductTerm.whole(depth: x.columns)
        for (place, term) in terms.enumerated() {
          let isLast = index == products.count - 1 && place == terms.count - 1
          pack(panel, width, weights, term, columns)
          withUnsafePointer(to: block) { block in
            kernels.multiply(
              panel + panelSize, width, x.row(rows.lowerBound) + term.offset, x.stride, panel, width, width,
              term.depth, rows.count, index > 0 || place > 0, nil, isLast ? block : nil)
          }
        }
      }
    }
  }

  /// sums += x^T z: (N, rows) and (N, columns) to (rows, columns), added in the order of N.
  public func accumulate(transposeOf x: Matrix, times z: Matrix, into sums: Matrix) {
    precondition(
      x.rows == z.rows && sums.rows == x.columns && sums.columns == z.columns,
      "(\(x.rows), \(x.columns)) and (\(z.rows), \(z.columns)) into (\(sums.rows), \(sums.columns))")
    guard x.rows > 0 else { return }
    let terms = ProductTerm.whole(depth: x.rows)
    let tiles = TransposedTiling(
      rows: sums.rows, panels: panels(of: z.columns), depth: terms[0].depth, threads: threads)
    let panelSize = terms[0].depth * PackedMatrix.panelWidth
    let blockSize = tiles.rowsPerBlock * tiles.rowStride
    reserveScratch(panelSize + blockSize + tiles.rowsPerBlock * PackedMatrix.step)
    run(tasks: tiles.tasks) { task, worker in
      let rows = tiles.rows(ofTask: task)
      let panel = scratch(ofWorker: worker)
      let block = panel + panelSize
      let rest = block + blockSize
      for term in terms {
        kernels.transpose(
          block, tiles.rowStride, x.row(term.offset) + rows.lowerBound, x.stride, rows.count, term.depth)
        for column in tiles.panels(ofTask: task).map({ $0 * PackedMatrix.panelWidth }) {
          let columns = min(PackedMatrix.panelWidth, sums.columns - column)
          let width = roundedToStep(columns)
          let whole = columns / PackedMatrix.step * PackedMatrix.step
          kernels.gather(panel, width, z.row(term.offset) + column, z.stride, columns, term.depth)
          if whole > 0 {
            kernels.multiply(
              sums.row(rows.lowerBound) + column, sums.stride, block, tiles.rowStride, panel, width, whole,
              term.depth, rows.count, true, nil, nil)
          }
          if whole < columns {
            // A whole vector would spill into what lies behind the row.
            kernels.multiply(
              rest, PackedMatrix.step, block, tiles.rowStride, panel + whole, width, PackedMatrix.step,
              term.depth, rows.count, false, nil, nil)
            for r in 0..<rows.count {
              let to = sums.row(rows.lowerBound + r) + column + whole
              for c in 0..<columns - whole { to[c] += rest[r * PackedMatrix.step + c] }
            }
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

/// How x^T z is cut into tasks: blocks of its rows, which are columns of x, by groups of panels.
private struct TransposedTiling {
  let rows: Int
  let panels: Int
  let rowsPerBlock: Int
  let panelsPerGroup: Int
  /// Floats between the rows of a transposed block: an odd number of cache lines, so that they share no set.
  let rowStride: Int

  /// - Parameter depth: rows of x that are multiplied at a time.
  init(rows: Int, panels: Int, depth: Int, threads: Int) {
    self.rows = rows
    self.panels = panels
    rowStride = ((depth + 15) / 16 | 1) * 16
    // A block stays in the second-level cache, 256 kB of it, while the panels of z pass by.
    // 24 rows are whole tiles at every level.
    let most = max(24, (1 << 16) / depth / 24 * 24)
    let blocks = (rows + most - 1) / most
    rowsPerBlock = ((rows + blocks - 1) / blocks + 23) / 24 * 24
    // Each group transposes the block again: no more of them than keep the cores busy.
    let groups = threads > 1 ? min(panels, (8 * threads + blocks - 1) / blocks) : 1
    panelsPerGroup = (panels + groups - 1) / groups
  }

  private var groups: Int { (panels + panelsPerGroup - 1) / panelsPerGroup }
  var tasks: Int { (rows + rowsPerBlock - 1) / rowsPerBlock * groups }

  func rows(ofTask task: Int) -> Range<Int> {
    let first = task / groups * rowsPerBlock
    return first..<min(rows, first + rowsPerBlock)
  }

  func panels(ofTask task: Int) -> Range<Int> {
    let first = task % groups * panelsPerGroup
    return first..<min(panels, first + panelsPerGroup)
  }
}
