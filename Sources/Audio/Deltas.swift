/// The slope of each feature over time, as `torchaudio.functional.compute_deltas` has it, N = (window - 1) /
/// 2:
///
///     d[t] = sum over n = 1...N of n (c[t+n] - c[t-n]) / (2 sum over n of n^2)
///
/// Before the first frame and behind the last one that frame is repeated, so one frame alone has slope 0.
///
/// - Parameter features: (T, width), row-major; the result has the same shape.
/// - Precondition: whole frames; an odd `window` of at least 3.
public func deltas(of features: [Float], width: Int, window: Int = 5) -> [Float] {
  requireDeltaWindow(window)
  precondition(
    width > 0 && features.count.isMultiple(of: width), "\(features.count) values in frames of \(width)")
  let reach = window / 2
  let scale = 1 / Double((1...reach).reduce(0) { $0 + 2 * $1 * $1 })
  let last = features.count / width - 1
  var result = [Float](repeating: 0, count: features.count)
  for frame in 0..<last + 1 {
    for column in 0..<width {
      var sum = 0.0
      for n in 1...reach {
        let later = features[min(frame + n, last) * width + column]
        let earlier = features[max(frame - n, 0) * width + column]
        sum += Double(n) * (Double(later) - Double(earlier))
      }
      result[frame * width + column] = Float(sum * scale)
    }
  }
  return result
}

func requireDeltaWindow(_ window: Int) {
  precondition(window >= 3 && window % 2 == 1, "a delta window is odd and at least 3, not \(window)")
}
