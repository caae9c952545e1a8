extension ChunkPlan {
  /// The rows of a recording, computed window by window and joined.
  /// - Parameters:
  ///   - samples: of the recording that the plan was made for.
  ///   - together: windows are computed several at a time up to so many samples.
  ///   - shouldStop: asked before each computation.
  ///   - underway: told the part that is done.
  ///   - compute: the rows of each of several waveforms.
  /// - Returns: nil if it was stopped.
  func joined(
    _ samples: [Float], together: Int, shouldStop: () -> Bool, underway: (Double) throws -> Void,
    compute: ([[Float]]) -> [FrameRows]
  ) rethrows -> FrameRows? {
    var values: [Float] = []
    var frames = 0
    var width = 0
    var next = 0
    while next < windows.count {
      if shouldStop() { return nil }
      var end = next + 1
      var count = windows[next].samples.count
      while end < windows.count, count + windows[end].samples.count <= together {
        count += windows[end].samples.count
        end += 1
      }
      let some = windows[next..<end]
      for (window, rows) in zip(some, compute(some.map { Array(samples[$0.samples]) })) {
        width = rows.width
        values += rows.values[window.kept.lowerBound * width..<window.kept.upperBound * width]
        frames += window.kept.count
      }
      next = end
      try underway(Double(next) / Double(windows.count))
    }
    return FrameRows(frames: frames, width: width, values: values)
  }
}
