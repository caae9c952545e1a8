package import CKernels

/// The cores that work on one thing: a pool of worker threads, the kernels they run and scratch memory for
/// each.
///
/// One region (``run(tasks:_:)``) runs at a time; a `Compute` therefore belongs to one caller at a time.
/// Results never depend on ``threads``: a task's output is its own, and no sum crosses tasks.
public final class Compute: @unchecked Sendable {
  public let threads: Int
  public let level: KernelLevel
  package let kernels: ck_kernels
  private let pool: OpaquePointer
  private var scratch: [AlignedBuffer]

  /// - Parameters:
  ///   - threads: workers, the calling thread among them; at least 1.
  ///   - level: the kernels to use; this CPU must run them.
  public init(threads: Int, level: KernelLevel = .best) {
    precondition(threads >= 1, "threads must be at least 1, not \(threads)")
    guard let pool = ck_pool_create(threads) else { preconditionFailure("no memory for a worker pool") }
    self.threads = threads
    self.level = level
    kernels = level.kernels
    self.pool = pool
    self.scratch = (0..<threads).map { _ in AlignedBuffer(count: 0) }
  }

  deinit { ck_pool_destroy(pool) }

  /// Calls `body(task, worker)` once for every task in `0..<tasks`, in any order, and returns when all are
  /// done. Fewer than one task does nothing.
  public func run(tasks: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var region = Region(body: body)
      withUnsafeMutablePointer(to: &region) { ck_pool_run(pool, tasks, runTask, $0) }
    }
  }

  /// Makes sure that every worker's scratch holds `count` floats. Not from inside a region.
  public func reserveScratch(_ count: Int) {
    for worker in 0..<threads where scratch[worker].count < count {
      scratch[worker] = AlignedBuffer(count: count)
    }
  }

  /// A worker's own scratch memory, of whatever was left in it.
  public func scratch(ofWorker worker: Int) -> UnsafeMutablePointer<Float> { scratch[worker].pointer }

  /// Multiply-adds of one core, times two, a second: what fractions of peak refer to. Takes about 20 ms.
  public func measuredPeakOfOneCore() -> Double { ck_measure_peak(level.level) }
}

private struct Region {
  let body: (Int, Int) -> Void
}

/// Pool threads come in here. A named function, because a closure would inherit the caller's isolation.
private func runTask(context: UnsafeMutableRawPointer?, task: Int, worker: Int) {
  context!.assumingMemoryBound(to: Region.self).pointee.body(task, worker)
}

extension Compute {
  /// x[i] = activation(x[i]) for `count` floats, on the calling thread.
  public func activate(_ x: UnsafeMutablePointer<Float>, count: Int, _ activation: Activation) {
    kernels.activate(x, count, activation.code)
  }

  /// y[c] = x[c] - ln(sum over c of exp(x[c])) for each row; `y` holds the rows without gaps.
  public func logSoftmax(_ x: Matrix, into y: UnsafeMutablePointer<Float>) {
    let rowsPerTask = 64
    run(tasks: (x.rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      for row in task * rowsPerTask..<min(x.rows, (task + 1) * rowsPerTask) {
        kernels.log_softmax(y + row * x.columns, x.row(row), x.columns)
      }
    }
  }
}
