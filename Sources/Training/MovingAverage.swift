public import AcousticModel

/// An exponential moving average of parameters (Polyak and Juditsky 1992), often better than the last ones:
///
///     average = decay average + (1 - decay) p
///
/// It begins as the parameters themselves and so needs no correction of bias; but early in a long run it
/// would hang on to where training began. With `warmsUp` the decay of the n-th update (n from 1) is
/// min(decay, (1 + n) / (10 + n)), as in TensorFlow's `ExponentialMovingAverage`.
public final class MovingAverage {
  public let decay: Double
  public let warmsUp: Bool
  /// The average, of the parameters' layout.
  public let values: ParameterStorage
  /// Steps that it has followed.
  public private(set) var updates = 0

  /// Begins at `parameters`, which it copies.
  public init(of parameters: ParameterStorage, decay: Double, warmsUp: Bool = false) {
    precondition(decay >= 0 && decay < 1, "a decay of \(decay); it must be at least 0 and below 1")
    self.decay = decay
    self.warmsUp = warmsUp
    values = ParameterStorage(parameters.layout)
    values.pointer.update(from: parameters.pointer, count: parameters.layout.count)
  }

  /// Goes on from where another left off; its values are to be copied into ``values``.
  public func restore(updates: Int) { self.updates = updates }

  /// Counts an update and returns 1 - its decay.
  func advance() -> Double {
    updates += 1
    guard warmsUp else { return 1 - decay }
    return 1 - min(decay, Double(1 + updates) / Double(10 + updates))
  }

  /// Exchanges the average and the parameters, so that what reads the parameters sees the average; a second
  /// call undoes it.
  public func swap(with parameters: ParameterStorage) {
    precondition(parameters.layout.count == values.layout.count, "parameters of another layout")
    let (averages, others) = (values.pointer, parameters.pointer)
    for index in 0..<values.layout.count {
      let average = averages[index]
      averages[index] = others[index]
      others[index] = average
    }
  }
}
