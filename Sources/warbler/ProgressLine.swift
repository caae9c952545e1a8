/// `[######......] 12/48  18.3x real time  0:32 left`
///
/// - Parameters:
///   - part: what is done, in 0...1.
///   - middle: counts and rate.
///   - elapsedSeconds: since the beginning; what is left is taken to go as fast.
func progressLine(part: Double, _ middle: String, elapsedSeconds: Double) -> String {
  let width = 24
  let filled = Int(part * Double(width))
  let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
  let left = part > 0 ? "  \(clock(elapsedSeconds * (1 - part) / part)) left" : ""
  return "[\(bar)] \(middle)\(left)"
}

private func clock(_ seconds: Double) -> String {
  let seconds = Int(seconds.rounded())
  let tail = seconds % 60 < 10 ? "0\(seconds % 60)" : "\(seconds % 60)"
  return "\(seconds / 60):\(tail)"
}
