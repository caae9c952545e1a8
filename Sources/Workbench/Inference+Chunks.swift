import AcousticModel
import CTC

extension Inference {
  /// Emissions of a recording, window by window.
  /// - Parameters:
  ///   - together: windows are computed several at a time up to so many samples.
  ///   - shouldStop: asked before each computation.
  ///   - underway: told the part that is done.
  /// - Returns: nil if it was stopped.
  func emissions(
    for samples: [Float], _ plan: ChunkPlan, together: Int, shouldStop: () -> Bool,
    underway: (Double) throws -> Void
  ) rethrows -> Emissions? {
    var values: [Float] = []
    var frames = 0
    let width = model.configuration.vocabularySize
    var next = 0
    while next < plan.windows.count {
      if shouldStop() { return nil }
      var end = next + 1
      var count = plan.windows[next].samples.count
      while end < plan.windows.count, count + plan.windows[end].samples.count <= together {
        count += plan.windows[end].samples.count
        end += 1
      }
      let windows = plan.windows[next..<end]
      for (window, emissions) in zip(windows, emissions(for: windows.map { Array(samples[$0.samples]) })) {
        values += emissions.logPosteriors[window.kept.lowerBound * width..<window.kept.upperBound * width]
        frames += window.kept.count
      }
      next = end
      try underway(Double(next) / Double(plan.windows.count))
    }
    return Emissions(frames: frames, vocabularySize: width, logPosteriors: values)
  }
}
