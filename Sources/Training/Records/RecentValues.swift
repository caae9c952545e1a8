/// The last values of a series.
package struct RecentValues: Sendable {
  private let capacity: Int
  private var values: [Double] = []
  /// Of the oldest, once it is full.
  private var place = 0

  package init(capacity: Int) { self.capacity = capacity }

  package var count: Int { values.count }

  package mutating func append(_ value: Double) {
    if values.count < capacity {
      values.append(value)
    } else {
      values[place] = value
      place = (place + 1) % capacity
    }
  }

  /// Up to `count` values, oldest first.
  package func values(last count: Int) -> [Double] {
    Array((values[place...] + values[..<place]).suffix(count))
  }

  /// - Precondition: there is a value.
  package func median(last count: Int) -> Double {
    let sorted = values(last: count).sorted()
    return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
  }

  package func mean(last count: Int) -> Double { Training.mean(values(last: count)) }
}

package func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

/// Unbiased; 0 for fewer than two values.
func variance(_ values: some Collection<Double>) -> Double {
  guard values.count > 1 else { return 0 }
  let centre = mean(values)
  return values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count - 1)
}
