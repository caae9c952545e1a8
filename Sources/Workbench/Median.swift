/// The middle value; of an even number, the mean of the two in the middle. There must be one.
func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "the median of nothing")
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Seconds that `body` takes.
func secondsTaken(by body: () -> Void) -> Double { ContinuousClock().measure(body) / .seconds(1) }
