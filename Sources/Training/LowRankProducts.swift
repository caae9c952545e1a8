import CKernels
import Tensors

/// The products that low-rank adaptation needs, each one pass over the big matrix.
extension Compute {
  /// w = w0 + scale b a: (rows, r) by (r, columns).
  func addLowRank(_ b: Matrix, _ a: Matrix, scale: Float, to w0: Matrix, into w: Matrix) {
    let packed = PackedMatrix(outputs: a.columns, inputs: a.rows) { output, input in
      scale * a.row(input)[output]
    }
    multiply(b, by: packed, into: w, Epilogue(residual: w0))
  }

  /// db = scale dw a^T: (rows, columns) by (r, columns) to (rows, r), overwritten.
  func leftFactorGradient(_ dw: Matrix, _ a: Matrix, scale: Float, into db: Matrix) {
    let packed = PackedMatrix(outputs: a.rows, inputs: a.columns) { output, input in
      scale * a.row(output)[input]
    }
    multiply(dw, by: packed, into: db)
  }

  /// da = scale b^T dw: (rows, r) by (rows, columns) to (r, columns), overwritten.
  ///
  /// The sums run over the rows of dw, so its panels are what kernels call weights: 48 columns at a time are
  /// copied together, `longest` rows of them, and multiplied while they are in cache.
  func rightFactorGradient(_ b: Matrix, _ dw: Matrix, scale: Float, into da: Matrix) {
    let rank = b.columns
    let rows = dw.rows
    let transposed = AlignedBuffer(count: rank * rows)
    for row in 0..<rows {
      for k in 0..<rank { transposed.pointer[k * rows + row] = scale * b.row(row)[k] }
    }
    let longest = ProductTerm.longest
    reserveScratch(longest * PackedMatrix.panelWidth)
    run(tasks: (dw.columns + PackedMatrix.panelWidth - 1) / PackedMatrix.panelWidth) { task, worker in
      let column = task * PackedMatrix.panelWidth
      let columns = min(PackedMatrix.panelWidth, dw.columns - column)
      let width = (columns + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
      let panel = scratch(ofWorker: worker)
      for first in stride(from: 0, to: rows, by: longest) {
        let depth = min(longest, rows - first)
        kernels.gather(panel, width, dw.row(first) + column, dw.stride, columns, depth)
        kernels.multiply(
          da.pointer + column, da.stride, transposed.pointer + first, rows, panel, width, width, depth, rank,
          first > 0, nil, nil)
      }
    }
  }
}
