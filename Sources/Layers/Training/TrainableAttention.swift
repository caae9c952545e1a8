import CKernels
public import Tensors

/// Dropout(softmax(q k^T / sqrt(d))) v for every head of every utterance of a packed batch (Vaswani et al.
/// 2017, equation 1), and its gradients.
///
/// With s = q k^T / sqrt(d), p = softmax(s) and w = dropout(p), y = w v:
///
///     dv = w^T dy,   dw = dy v^T,   ds = p (dropout(dw) - delta),   delta = sum over keys of w dw = dy . y
///     dq = ds k / sqrt(d),   dk = ds^T q / sqrt(d)
///
/// Weights are T x T numbers a head, and are computed again in the backward pass instead of kept (Dao et al.
/// 2022): the forward pass keeps its result alone.
public struct TrainableAttention: Sendable {
  public let heads: Int
  /// d, the width of a head.
  public let headWidth: Int

  public init(heads: Int, headWidth: Int) {
    precondition(heads > 0 && headWidth > 0, "\(heads) heads of \(headWidth)")
    self.heads = heads
    self.headWidth = headWidth
  }

  /// - Parameters:
  ///   - projections: (N, 3 D), queries, keys and values side by side, D = heads x head width.
  ///   - y: (N, D), heads side by side; overwritten.
  public func forward(
    _ projections: Matrix, utterances: [UtteranceRows], dropout: Dropout, into y: Matrix, on compute: Compute
  ) {
    check(projections, y)
    let heads = tasks(projections, utterances, dropout)
    compute.reserveScratch(heads.reduce(0) { max($0, $1.forwardScratch) })
    compute.run(tasks: heads.count) { task, worker in
      heads[task].forward(into: y, scratch: compute.scratch(ofWorker: worker), compute.kernels)
    }
  }

  /// - Parameters:
  ///   - dy: (N, D), the gradient of the result.
  ///   - y: (N, D), the result of the forward pass.
  ///   - gradient: (N, 3 D), of the projections; overwritten.
  public func backward(
    _ dy: Matrix, projections: Matrix, result y: Matrix, utterances: [UtteranceRows], dropout: Dropout,
    into gradient: Matrix, on compute: Compute
  ) {
    check(projections, y)
    precondition(gradient.columns == projections.columns && dy.columns == y.columns, "shapes differ")
    let heads = tasks(projections, utterances, dropout)
    compute.reserveScratch(heads.reduce(0) { max($0, $1.backwardScratch) })
    compute.run(tasks: heads.count) { task, worker in
      heads[task].backward(
        dy, result: y, into: gradient, scratch: compute.scratch(ofWorker: worker), compute.kernels)
    }
  }

  private func check(_ projections: Matrix, _ y: Matrix) {
    let width = heads * headWidth
    precondition(projections.columns == 3 * width && y.columns == width, "heads do not fit the projections")
  }

  /// A head of an utterance is a task: sums over queries stay inside it. The longest come first, so that none
  /// is left alone at the end.
  private func tasks(_ projections: Matrix, _ utterances: [UtteranceRows], _ dropout: Dropout)
    -> [AttentionHead]
  {
    utterances.sorted { $0.rows.count > $1.rows.count }.flatMap { utterance in
      (0..<heads).map { head in
        AttentionHead(
          head: head, width: headWidth, modelWidth: heads * headWidth, utterance: utterance,
          projections: projections.rows(utterance.rows), dropout: dropout)
      }
    }
  }
}

/// One head of one utterance.
private struct AttentionHead {
  let head: Int
  let width: Int
  /// D.
  let modelWidth: Int
  let utterance: UtteranceRows
  /// (T, 3 D).
  let projections: Matrix
  let dropout: Dropout

  /// Queries that meet all keys at once: three tiles of the forward's 8 rows, and a depth for the sums over
  /// queries that pays for loading them.
  private static let queriesPerBlock = 48

  private var frames: Int { projections.rows }
  private var paddedFrames: Int { rounded(frames) }
  private var paddedWidth: Int { rounded(width) }
  private var scoresStride: Int { Matrix.paddedStride(columns: paddedFrames) }
  /// Columns of a product at a time: what wastes least of the last.
  private var columnsAtOnce: Int { [48, 32, 16].first { paddedWidth % $0 == 0 } ?? 16 }
  private var columns: Range<Int> { head * width..<(head + 1) * width }
  private var queries: Matrix { projections.columns(columns) }
  private var keys: Matrix {
    projections.columns(modelWidth + columns.lowerBound..<modelWidth + columns.upperBound)
  }
  private var values: Matrix {
    projections.columns(2 * modelWidth + columns.lowerBound..<2 * modelWidth + columns.upperBound)
  }

  private func rounded(_ count: Int) -> Int {
    (count + PackedMatrix.step - 1) / PackedMatrix.step * PackedMatrix.step
  }

  // Scratch memory, in this order: panels of transposed rows, scores, largest scores, sums, scales.
  private var panelsSize: Int { paddedFrames * width }
  private var blockSize: Int {
    Self.queriesPerBlock * (scoresStride + PackedMatrix.step + PackedMatrix.panelWidth + 1)
  }
  var forwardScratch: Int { panelsSize + blockSize }
  /// The backward pass adds panels of the values, gradients of the weights and those of keys and values.
  var backwardScratch: Int {
    forwardScratch + panelsSize + Self.queriesPerBlock * scoresStride + 2 * frames * paddedWidth
  }

  /// Rows as panels of 48, each (width, frames of the panel), times `scale`.
  private func pack(
    _ rows: Matrix, times scale: Float, into panels: UnsafeMutablePointer<Float>, _ kernels: ck_kernels
  ) {
    for first in stride(from: 0, to: frames, by: PackedMatrix.panelWidth) {
      kernels.transpose(
        panels + first * width, panelWidth(first), rows.row(first), rows.stride, width,
        min(PackedMatrix.panelWidth, frames - first))
    }
    if scale != 1 { for index in 0..<panelsSize { panels[index] *= scale } }
  }

  private func panelWidth(_ first: Int) -> Int { min(PackedMatrix.panelWidth, paddedFrames - first) }

  /// products[r][key] = rows[r] . packed[key].
  private func multiply(
    _ rows: Matrix, by panels: UnsafePointer<Float>, into products: UnsafeMutablePointer<Float>,
    _ kernels: ck_kernels
  ) {
    for first in stride(from: 0, to: frames, by: PackedMatrix.panelWidth) {
      kernels.multiply(
        products + first, scoresStride, rows.pointer, rows.stride, panels + first * width, panelWidth(first),
        panelWidth(first), width, rows.rows, false, nil, nil)
    }
  }

  /// Numerators of the block's weights in place of its scores, which are base-2 logarithms; 1 / their sums.
  private func softmax(
    _ scores: UnsafeMutablePointer<Float>, rows: Int, inverses: UnsafeMutablePointer<Float>,
    scratch most: UnsafeMutablePointer<Float>, _ kernels: ck_kernels
  ) {
    for row in 0..<rows {
      most.update(repeating: -.infinity, count: PackedMatrix.step)
      kernels.softmax_maxima(most, scores + row * scoresStride, frames)
      inverses[row] = kernels.softmax_numerators(scores + row * scoresStride, frames, most)
    }
  }

  /// y[r] = scales[r] (the sum over keys of weights[r][key] rows[key]).
  private func mix(
    _ weights: UnsafePointer<Float>, _ rows: Matrix, scales: UnsafePointer<Float>, into y: Matrix,
    scratch sums: UnsafeMutablePointer<Float>, _ kernels: ck_kernels
  ) {
    for first in stride(from: 0, to: paddedWidth, by: columnsAtOnce) {
      var epilogue = ck_epilogue()
      epilogue.y = y.pointer + first
      epilogue.y_stride = y.stride
      epilogue.columns = min(columnsAtOnce, width - first)
      epilogue.scale = scales
      kernels.multiply(
        sums, columnsAtOnce, weights, scoresStride, rows.pointer + first, rows.stride, columnsAtOnce, frames,
        y.rows, false, nil, &epilogue)
    }
  }

  /// The row of random numbers of a query.
  private func randomRow(_ query: Int) -> Int { head * frames + query }

  /// log2(e) / sqrt(d): makes base-2 logarithms of what keys and queries give.
  private var scoreScale: Float { Float(1.4426950408889634 / Double(width).squareRoot()) }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: frames, by: Self.queriesPerBlock).map {
      $0..<min($0 + Self.queriesPerBlock, frames)
    }
  }

  func forward(into y: Matrix, scratch: UnsafeMutablePointer<Float>, _ kernels: ck_kernels) {
    let scores = scratch + panelsSize
    let most = scores + Self.queriesPerBlock * scoresStride
    let sums = most + Self.queriesPerBlock * PackedMatrix.step
    let inverses = sums + Self.queriesPerBlock * PackedMatrix.panelWidth
    let y = y.rows(utterance.rows).columns(columns)
    pack(keys, times: scoreScale, into: scratch, kernels)
    for block in blocks {
      multiply(queries.rows(block), by: scratch, into: scores, kernels)
      softmax(scores, rows: block.count, inverses: inverses, scratch: most, kernels)
      if !dropout.isOff {
        for row in 0..<block.count {
          let weights = scores + row * scoresStride
          dropout.applyRow(
            weights, into: weights, count: frames, frame: randomRow(block.lowerBound + row),
            utterance: utterance.key, kernels)
        }
      }
      mix(scores, values, scales: inverses, into: y.rows(block), scratch: sums, kernels)
    }
  }

  func backward(
    _ dy: Matrix, result y: Matrix, into gradient: Matrix, scratch: UnsafeMutablePointer<Float>,
    _ kernels: ck_kernels
  ) {
    let scores = scratch + panelsSize
    let most = scores + Self.queriesPerBlock * scoresStride
    let sums = most + Self.queriesPerBlock * PackedMatrix.step
    let scales = sums + Self.queriesPerBlock * PackedMatrix.panelWidth
    let valuePanels = scratch + forwardScratch
    let dweights = valuePanels + panelsSize
    let dkeys = dweights + Self.queriesPerBlock * scoresStride
    let dvalues = dkeys + frames * paddedWidth
    let dy = dy.rows(utterance.rows).columns(columns)
    let y = y.rows(utterance.rows).columns(columns)
    let gradient = gradient.rows(utterance.rows)
    let dqueries = gradient.columns(columns)
    let inverseRoot = 1 / Float(Double(width).squareRoot())
    pack(keys, times: scoreScale, into: scratch, kernels)
    pack(values, times: 1, into: valuePanels, kernels)
    for (index, block) in blocks.enumerated() {
      let (queries, dy) = (queries.rows(block), dy.rows(block))
      multiply(queries, by: scratch, into: scores, kernels)
      softmax(scores, rows: block.count, inverses: scales, scratch: most, kernels)
      multiply(dy, by: valuePanels, into: dweights, kernels)
      for row in 0..<block.count {
        var random = dropout.random.start(row: randomRow(block.lowerBound + row), utterance: utterance.key)
        let delta = kernels.dot(dy.row(row), y.row(block.lowerBound + row), width)
        kernels.softmax_backward(
          scores + row * scoresStride, dweights + row * scoresStride, frames, scales[row], delta, &random,
          dropout.threshold)
      }
      scales.update(repeating: inverseRoot, count: block.count)
      mix(dweights, keys, scales: scales, into: dqueries.rows(block), scratch: sums, kernels)
      accumulate(scores, dy, into: dvalues, isFirst: index == 0, kernels)
      accumulate(dweights, queries, into: dkeys, isFirst: index == 0, kernels)
    }
    write(dkeys, times: inverseRoot, into: gradient, first: modelWidth + columns.lowerBound)
    write(dvalues, times: 1, into: gradient, first: 2 * modelWidth + columns.lowerBound)
  }

  /// sums[key] (+)= the sum over the block's queries of weights[query][key] rows[query].
  private func accumulate(
    _ weights: UnsafePointer<Float>, _ rows: Matrix, into sums: UnsafeMutablePointer<Float>, isFirst: Bool,
    _ kernels: ck_kernels
  ) {
    for first in stride(from: 0, to: paddedWidth, by: columnsAtOnce) {
      kernels.multiply_transposed(
        sums + first, paddedWidth, weights, scoresStride, rows.pointer + first, rows.stride, columnsAtOnce,
        rows.rows, frames, !isFirst)
    }
  }

  private func write(_ sums: UnsafePointer<Float>, times scale: Float, into gradient: Matrix, first: Int) {
    for frame in 0..<frames {
      let (from, to) = (sums + frame * paddedWidth, gradient.row(frame) + first)
      for column in 0..<width { to[column] = scale * from[column] }
    }
  }
}
