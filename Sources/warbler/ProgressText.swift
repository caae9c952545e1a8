/// `[######..................]` for a quarter.
func progressBar(_ part: Double) -> String {
  let width = 24
  let filled = min(width, max(0, Int(part * Double(width))))
  return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
}

/// `4:05`, or `1:04:05`.
func clock(_ seconds: Double) -> String {
  let seconds = Int(seconds.rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  let (minutes, rest) = (seconds / 60, two(seconds % 60))
  return minutes < 60 ? "\(minutes):\(rest)" : "\(minutes / 60):\(two(minutes % 60)):\(rest)"
}
