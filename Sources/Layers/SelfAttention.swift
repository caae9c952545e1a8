import CKernels
public import Tensors

/// Softmax(q k^T) v for every head of every utterance of a packed batch (Vaswani et al. 2017, equation 1).
///
/// Scores are base-2 logarithms: the caller has multiplied q by log2(e) / sqrt(head width). A block of
/// queries meets all keys of its utterance at once, so scores take (queries of a block, T) floats a worker,
/// whatever the batch.
public struct SelfAttention: Sendable {
  public let heads: Int
  /// Width of a head.
  public let headWidth: Int

  public init(heads: Int, headWidth: Int) {
    precondition(heads > 0 && headWidth > 0, "\(heads) heads of \(headWidth)")
    self.heads = heads
    self.headWidth = headWidth
  }

  /// - Parameters:
  ///   - queriesKeysValues: (N, 3 D), the three projections side by side, D = heads x head width.
  ///   - utterances: the rows of each utterance; results of one do not depend on the others.
  ///   - y: (N, D), heads side by side; overwritten.
  public func forward(
    _ queriesKeysValues: Matrix, utterances: [Range<Int>], into y: Matrix, workspace: Workspace,
    on compute: Compute
  ) {
    let width = heads * headWidth
    precondition(
      queriesKeysValues.columns == 3 * width && y.columns == width, "heads do not fit the projections")
    let queries = queriesKeysValues.columns(0..<width)
    let keys = queriesKeysValues.columns(width..<2 * width)
    let values = queriesKeysValues.columns(2 * width..<3 * width)
    workspace.scope {
      let packed = utterances.map { PackedHeads(frames: $0, heads: heads, headWidth: headWidth, workspace) }
      compute.run(tasks: packed.count * heads) { task, _ in
        packed[task / heads].pack(head: task % heads, keys: keys, values: values, compute)
      }
      var blocks: [QueryBlock] = []
      for utterance in packed {
        for head in 0..<heads {
          for first in stride(
            from: utterance.frames.lowerBound, to: utterance.frames.upperBound, by: QueryBlock.size)
          {
            let rows = first..<min(first + QueryBlock.size, utterance.frames.upperBound)
            blocks.append(QueryBlock(heads: utterance, head: head, rows: rows))
          }
        }
      }
      compute.reserveScratch(blocks.reduce(0) { max($0, $1.scratch) })
      compute.run(tasks: blocks.count) { task, worker in
        blocks[task].attend(queries: queries, into: y, scratch: compute.scratch(ofWorker: worker), compute)
      }
    }
  }
}

/// An utterance's keys and values, laid out as packed weights are, head by head.
private struct PackedHeads {
  let frames: Range<Int>
  let headWidth: Int
  /// Keys of a head: panels of 48 frames, each (head width, frames of the panel).
  let keys: Matrix
  /// Values of a head: panels of columns, each (frames, columns of the panel).
  let values: Matrix
  let paddedFrames: Int
  let paddedWidth: Int
  /// Columns of a panel of values: what wastes least of the last panel.
  let valuePanel: Int

  init(frames: Range<Int>, heads: Int, headWidth: Int, _ workspace: Workspace) {
    self.frames = frames
    self.headWidth = headWidth
    paddedFrames = (frames.count + 15) / 16 * 16
    let paddedWidth = (headWidth + 15) / 16 * 16
    self.paddedWidth = paddedWidth
    valuePanel = [48, 32, 16].first { paddedWidth % $0 == 0 } ?? 16
    keys = workspace.matrix(rows: heads, columns: paddedFrames * headWidth)
    values = workspace.matrix(rows: heads, columns: frames.count * paddedWidth)
  }

  func pack(head: Int, keys source: Matrix, values sourceValues: Matrix, _ compute: Compute) {
    let columns = head * headWidth..<(head + 1) * headWidth
    let source = source.rows(frames).columns(columns)
    for first in stride(from: 0, to: frames.count, by: PackedMatrix.panelWidth) {
      let rows = min(PackedMatrix.panelWidth, frames.count - first)
      compute.kernels.transpose(
        keys.row(head) + first * headWidth, min(PackedMatrix.panelWidth, paddedFrames - first),
        source.row(first),
        source.stride, headWidth, rows)
    }
    let values = values.row(head)
    let sourceValues = sourceValues.rows(frames).columns(columns)
    for column in stride(from: 0, to: paddedWidth, by: valuePanel) {
      compute.kernels.gather(
        values + column * frames.count, valuePanel, sourceValues.pointer + column, sourceValues.stride,
        min(valuePanel, headWidth - column), frames.count)
    }
  }
}

/// Some queries of one head against all keys of their utterance.
private struct QueryBlock {
  let heads: PackedHeads
  let head: Int
  let rows: Range<Int>

  /// Two tiles of queries: their scores stay near the core, and keys and values are read from the
  /// second-level cache.
  static let size = 16

  /// Keys between looks for the largest score: as many as keep a block's scores in the first-level cache.
  private static let keysPerLook = 8 * PackedMatrix.panelWidth

  private var scoresStride: Int { Matrix.paddedStride(columns: heads.paddedFrames) }

  /// Floats that ``attend(queries:into:scratch:_:)`` needs: scores, largest scores, sums and scales.
  var scratch: Int { rows.count * (scoresStride + PackedMatrix.step + heads.valuePanel + 1) }

  func attend(
    queries: Matrix, into y: Matrix, scratch scores: UnsafeMutablePointer<Float>, _ compute: Compute
  ) {
    let kernels = compute.kernels
    let frames = heads.frames.count
    let headWidth = heads.headWidth
    let most = scores + rows.count * scoresStride
    let sums = most + rows.count * PackedMatrix.step
    let scales = sums + rows.count * heads.valuePanel
    let column = head * headWidth
    let keys = heads.keys.row(head)
    most.update(repeating: -.infinity, count: rows.count * PackedMatrix.step)
    for look in stride(from: 0, to: frames, by: Self.keysPerLook) {
      let end = min(look + Self.keysPerLook, frames)
      for first in stride(from: look, to: end, by: PackedMatrix.panelWidth) {
        kernels.multiply(
          scores + first, scoresStride, queries.row(rows.lowerBound) + column, queries.stride,
          keys + first * headWidth, min(PackedMatrix.panelWidth, heads.paddedFrames - first),
          min(PackedMatrix.panelWidth, heads.paddedFrames - first), headWidth, rows.count, false, nil, nil)
      }
      for row in 0..<rows.count {
        kernels.softmax_maxima(most + row * PackedMatrix.step, scores + row * scoresStride + look, end - look)
      }
    }
    for row in 0..<rows.count {
      scales[row] = kernels.softmax_numerators(
        scores + row * scoresStride, frames, most + row * PackedMatrix.step)
    }
    let values = heads.values.row(head)
    for first in stride(from: 0, to: heads.paddedWidth, by: heads.valuePanel) {
      var epilogue = ck_epilogue()
      epilogue.y = y.row(rows.lowerBound) + column + first
      epilogue.y_stride = y.stride
      epilogue.columns = min(heads.valuePanel, headWidth - first)
      epilogue.scale = UnsafePointer(scales)
      kernels.multiply(
        sums, heads.valuePanel, scores, scoresStride, values + first * frames, heads.valuePanel,
        heads.valuePanel,
        frames, rows.count, false, nil, &epilogue)
    }
  }
}
