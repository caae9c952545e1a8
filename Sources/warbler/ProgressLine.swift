/// `[######......] 12/48  18.3x real time  0:32 left`
///
/// - Parameters:
///   - part: what is done, in 0...1.
///   - middle: counts and rate.
///   - elapsedSeconds: since the beginning; what is left is taken to go as fast.
func progressLine(part: Double, _ middle: String, elapsedSeconds: Double) -> String {
  let left = part > 0 ? "  \(clock(elapsedSeconds * (1 - part) / part)) left" : ""
  return "\(progressBar(part)) \(middle)\(left)"
}
