/// An exponential moving average without the pull of its start (Kingma & Ba 2015, section 3):
/// m <- b m + (1 - b) x, read as m / (1 - b^n).
public struct SmoothedValue: Sendable, Equatable {
  private let decay: Double
  private var sum = 0.0
  private var weight = 0.0

  /// - Parameter window: steps that it remembers, about; 1 remembers the last alone.
  public init(window: Int) {
    precondition(window > 0, "a window of \(window) steps")
    decay = 1 - 1 / Double(window)
  }

  /// nil before the first value.
  public var value: Double? { weight > 0 ? sum / weight : nil }

  /// Values that are not finite are passed over.
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    sum = decay * sum + (1 - decay) * value
    weight = decay * weight + (1 - decay)
  }
}
