package import CKernels

/// What happens to a product before it is stored: y = activation(sums + bias) + residual.
public struct Epilogue: Sendable {
  /// (outputs); nil adds nothing.
  public var bias: Vector?
  public var activation: Activation
  /// Shaped like the result; may be the result's own memory.
  public var residual: Matrix?

  public init(bias: Vector? = nil, activation: Activation = .identity, residual: Matrix? = nil) {
    self.bias = bias
    self.activation = activation
    self.residual = residual
  }
}

/// One of the products whose sum a result is: the `depth` floats that start `offset` floats after a row's
/// first, with the inputs of the weights from `input` on.
public struct ProductTerm: Sendable {
  public var offset: Int
  public var input: Int
  public var depth: Int

  public init(offset: Int, input: Int, depth: Int) {
    self.offset = offset
    self.input = input
    self.depth = depth
  }

  /// A product over `depth` adjacent floats, cut where a panel's share of the weights outgrows the
  /// second-level cache.
  public static func whole(depth: Int) -> [ProductTerm] {
    let pieces = (depth + longest - 1) / longest
    let piece = (depth + pieces - 1) / pieces
    return stride(from: 0, to: depth, by: piece).map {
      ProductTerm(offset: $0, input: $0, depth: min(piece, depth - $0))
    }
  }

  /// 48 columns x 768 floats are 147 kB.
  public static let longest = 768
}

extension Epilogue {
  /// The epilogue of one block: the rows of `y` from `row`, the columns of `panel`.
  package func block(of y: Matrix, row: Int, panel: Int) -> ck_epilogue {
    let column = panel * PackedMatrix.panelWidth
    return ck_epilogue(
      y: y.row(row) + column, y_stride: y.stride, columns: min(PackedMatrix.panelWidth, y.columns - column),
      scale: nil,
      bias: bias.map { $0.pointer + column }, residual: residual.map { UnsafePointer($0.row(row) + column) },
      residual_stride: residual?.stride ?? 0, activation: activation.code)
  }
}

extension Compute {
  /// y = epilogue(x W^T): (rows, inputs) by (outputs, inputs) to (rows, outputs).
  public func multiply(
    _ x: Matrix, by weights: PackedMatrix, into y: Matrix, _ epilogue: Epilogue = Epilogue()
  ) {
    precondition(x.columns == weights.inputs, "\(x.columns) columns by weights of \(weights.inputs) inputs")
    multiply(x, terms: ProductTerm.whole(depth: weights.inputs), by: weights, into: y, epilogue)
  }

  /// y = epilogue(sum over terms), where row r of a term starts at `x.row(r) + term.offset` and may reach
  /// past the row's end into the rows that follow.
  public func multiply(
    _ x: Matrix, terms: [ProductTerm], by weights: PackedMatrix, into y: Matrix, _ epilogue: Epilogue
  ) {
    precondition(x.rows == y.rows, "\(x.rows) rows into \(y.rows)")
    precondition(y.columns == weights.outputs, "\(weights.outputs) outputs into \(y.columns) columns")
    let tiles = Tiling(rows: y.rows, panels: weights.panels, threads: threads)
    reserveScratch(tiles.rowsPerBlock * PackedMatrix.panelWidth)
    run(tasks: tiles.tasks) { task, worker in
      let rows = tiles.rows(ofTask: task)
      let panel = tiles.panel(ofTask: task)
      let width = weights.width(ofPanel: panel)
      let sums = scratch(ofWorker: worker)
      let following = weights.panel(ofTask: task + threads, tiles).map { $0 + terms[0].input * width }
      let block = epilogue.block(of: y, row: rows.lowerBound, panel: panel)
      for (index, term) in terms.enumerated() {
        let last = index == terms.count - 1
        let next = last ? following : weights.panel(panel) + terms[index + 1].input * width
        withUnsafePointer(to: block) { block in
          kernels.multiply(
            sums, width, x.row(rows.lowerBound) + term.offset, x.stride,
            weights.panel(panel) + term.input * width,
            width, width, term.depth, rows.count, index > 0, next, last ? block : nil)
        }
      }
    }
  }
}

extension PackedMatrix {
  /// The panel that a later task will multiply with, to be fetched ahead; nil where that is a narrow one or
  /// there is none.
  public func panel(ofTask task: Int, _ tiles: Tiling) -> UnsafeMutablePointer<Float>? {
    guard task < tiles.tasks else { return nil }
    let panel = tiles.panel(ofTask: task)
    return width(ofPanel: panel) == Self.panelWidth ? self.panel(panel) : nil
  }
}

/// How a product is cut into tasks: blocks of rows by panels of outputs, neighbouring tasks on the same rows.
public struct Tiling: Sendable {
  public let rows: Int
  public let panels: Int
  public let rowsPerBlock: Int

  /// Rows of a block at most. Rows stream past a panel that stays in the second-level cache, so the more the
  /// better; the sums of a block share that cache.
  static let mostRows = 1536

  public init(rows: Int, panels: Int, threads: Int) {
    self.rows = rows
    self.panels = panels
    var blocks = max(1, (rows + Self.mostRows - 1) / Self.mostRows)
    // Enough tasks that a core which is late costs little, unless panels would be fetched for too few rows.
    while threads > 1 && blocks * panels < 8 * threads && rows / blocks > 48 { blocks += 1 }
    rowsPerBlock = max(16, ((rows + blocks - 1) / blocks + 15) / 16 * 16)
  }

  public var tasks: Int { (rows + rowsPerBlock - 1) / rowsPerBlock * panels }
  public func panel(ofTask task: Int) -> Int { task % panels }
  public func rows(ofTask task: Int) -> Range<Int> {
    let first = task / panels * rowsPerBlock
    return first..<min(rows, first + rowsPerBlock)
  }
}
