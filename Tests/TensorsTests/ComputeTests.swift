import Synchronization
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Regions of work")
struct ComputeTests {
  @Test("every task runs once, whatever the number of threads", arguments: [1, 2, 3, 8])
  func everyTaskRunsOnce(threads: Int) {
    let compute = Compute(threads: threads)
    for tasks in [0, 1, 2, 3, 17, 500] {
      var counts = [Int](repeating: 0, count: max(tasks, 1))
      var workers = [Int](repeating: 0, count: max(tasks, 1))
      counts.withUnsafeMutableBufferPointer { counts in
        workers.withUnsafeMutableBufferPointer { workers in
          compute.run(tasks: tasks) { task, worker in
            counts[task] += 1
            workers[task] = worker
          }
        }
      }
      #expect(counts.prefix(tasks).allSatisfy { $0 == 1 })
      #expect(workers.allSatisfy { (0..<threads).contains($0) })
    }
  }

  @Test("thousands of regions one after the other lose no task")
  func manyRegions() {
    let compute = Compute(threads: 4)
    let total = Atomic(0)
    for region in 0..<5000 {
      compute.run(tasks: region % 7) { task, _ in _ = total.add(task + 1, ordering: .relaxed) }
    }
    let expected = (0..<5000).reduce(0) { $0 + ($1 % 7) * ($1 % 7 + 1) / 2 }
    #expect(total.load(ordering: .relaxed) == expected)
  }

  @Test("workers that have gone to sleep wake up again")
  func sleepersWake() {
    let compute = Compute(threads: 3)
    for _ in 0..<3 {
      let total = Atomic(0)
      compute.run(tasks: 100) { _, _ in _ = total.add(1, ordering: .relaxed) }
      #expect(total.load(ordering: .relaxed) == 100)
      usleep(30_000)
    }
  }

  @Test("a tiling covers every row of every panel once", arguments: [1, 2, 16])
  func tilingCovers(threads: Int) {
    for rows in [1, 7, 16, 47, 48, 49, 191, 499, 1024, 1025, 5000] {
      for panels in [1, 2, 11, 64] {
        let tiles = Tiling(rows: rows, panels: panels, threads: threads)
        var seen = [Int](repeating: 0, count: rows * panels)
        for task in 0..<tiles.tasks {
          let block = tiles.rows(ofTask: task)
          #expect(block.lowerBound % 2 == 0 && block.count <= tiles.rowsPerBlock)
          for row in block { seen[row * panels + tiles.panel(ofTask: task)] += 1 }
        }
        #expect(seen.allSatisfy { $0 == 1 }, "\(rows) rows, \(panels) panels")
      }
    }
  }

  @Test("the levels a CPU supports begin with the portable one")
  func levels() {
    #expect(KernelLevel.supported.first == .portable)
    #expect(KernelLevel.supported.last == .best)
  }
}

@Suite("Matrices and workspaces")
struct WorkspaceTests {
  @Test("rows are an odd number of cache lines apart", arguments: [1, 16, 17, 512, 768, 1024, 3072])
  func stride(columns: Int) {
    let stride = Matrix.paddedStride(columns: columns)
    #expect(stride >= columns && stride % 32 == 16)
  }

  @Test("what a scope handed out is reused after it, and matrices never overlap inside it")
  func scopes() {
    let workspace = Workspace()
    workspace.scope {
      let kept = workspace.matrix(rows: 4, columns: 100)
      fill(kept, 1)
      for size in [10, 5000, 300_000] {
        workspace.scope {
          let a = workspace.matrix(rows: 3, columns: size)
          let b = workspace.matrix(rows: 2, columns: size, packed: true)
          fill(a, 2)
          fill(b, 3)
          #expect(a.elements().allSatisfy { $0 == 2 })
        }
      }
      #expect(kept.elements().allSatisfy { $0 == 1 })
    }
    let settled = workspace.bytes
    workspace.scope { _ = workspace.matrix(rows: 5, columns: 250_000) }
    #expect(workspace.bytes == settled, "what once fitted fits again")
  }

  @Test("views share memory with what they are views of")
  func views() {
    let workspace = Workspace()
    workspace.scope {
      let matrix = workspace.matrix(rows: 4, columns: 6)
      fill(matrix, 0)
      fill(matrix.rows(1..<3).columns(2..<4), 5)
      let elements = matrix.elements()
      for row in 0..<4 {
        for column in 0..<6 {
          let inside = (1..<3).contains(row) && (2..<4).contains(column)
          #expect(elements[row * 6 + column] == (inside ? 5 : 0))
        }
      }
    }
  }

  private func fill(_ matrix: Matrix, _ value: Float) {
    for row in 0..<matrix.rows { matrix.row(row).update(repeating: value, count: matrix.columns) }
  }
}
