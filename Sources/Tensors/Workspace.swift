/// Memory for intermediate results that is kept from call to call, since fresh pages cost more than the work
/// on them.
///
/// Matrices are handed out one behind the other; ``scope(_:)`` gives back what was taken inside it. What does
/// not fit the block that is kept goes to extra blocks, and when all has been given back they become one
/// block.
public final class Workspace: @unchecked Sendable {
  private var blocks: [AlignedBuffer] = []
  private var used: [Int] = []
  private var depth = 0

  /// Most floats in use at a time since the last time that nothing was.
  private var highest = 0

  public init() {}

  /// Bytes held.
  public var bytes: Int { blocks.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride }

  /// Runs `body` and takes back every matrix that was handed out in it.
  public func scope<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let mark = used
    depth += 1
    defer {
      depth -= 1
      for index in used.indices { used[index] = index < mark.count ? mark[index] : 0 }
      if depth == 0 { settle() }
    }
    return try body()
  }

  /// An uninitialised (rows, columns) matrix, rows padded apart unless `packed`. Only inside a ``scope(_:)``.
  public func matrix(rows: Int, columns: Int, packed: Bool = false) -> Matrix {
    let stride = packed ? columns : Matrix.paddedStride(columns: columns)
    // Kernels read whole vectors: the last row is readable to a multiple of 16.
    return Matrix(take(rows * stride + 16), rows: rows, columns: columns, stride: stride)
  }

  private func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    precondition(depth > 0, "matrices are taken inside a scope")
    let aligned = (count + 15) / 16 * 16
    defer { highest = max(highest, used.reduce(0, +)) }
    for index in blocks.indices where used[index] + aligned <= blocks[index].count {
      defer { used[index] += aligned }
      return blocks[index].pointer + used[index]
    }
    let block = AlignedBuffer(count: max(aligned, 1 << 18))
    blocks.append(block)
    used.append(aligned)
    return block.pointer
  }

  private func settle() {
    if blocks.count > 1 {
      let total = highest
      blocks = []
      blocks = [AlignedBuffer(count: total)]
      used = [0]
    }
    highest = 0
  }
}
