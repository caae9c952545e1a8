import Tensors

extension Regularization.SpanMask {
  /// How many spans there are in `count` positions: transformers' `_compute_mask_indices` for one utterance
  /// without padding.
  /// - Parameter epsilon: in [0, 1), drawn once a step: it rounds the expected number at random.
  func spans(in count: Int, epsilon: Double) -> Int {
    guard probability > 0, length >= 1, length <= count else { return 0 }
    var spans = max(Int(probability * Double(count) / Double(length) + epsilon), minimum)
    if spans * length > count { spans = count / length }
    return min(spans, count - length + 1)
  }

  /// The share of the positions of utterances, of `counts` positions each, that spans have if none overlap:
  /// ``probability`` where neither ``minimum`` nor an utterance's length has a say. 0 of no positions.
  public func share(of counts: [Int]) -> Double {
    let positions = counts.reduce(0, +)
    guard positions > 0 else { return 0 }
    let spans = counts.reduce(0.0) { sum, count in
      // Rounded up with the probability of the fraction.
      let expected = probability * Double(count) / Double(length)
      let fraction = expected - expected.rounded(.down)
      return sum + (1 - fraction) * Double(self.spans(in: count, epsilon: 0))
        + fraction * Double(self.spans(in: count, epsilon: 1 - fraction / 2))
    }
    return spans * Double(length) / Double(positions)
  }

  /// Which of `count` positions are masked; nil if none is.
  ///
  /// Starts are drawn without replacement, by the first steps of a Fisher-Yates shuffle; spans may overlap.
  func draw(count: Int, random: RandomSource, utterance: UInt32) -> [Bool]? {
    let spans = spans(in: count, epsilon: random.uniform(0))
    guard spans > 0 else { return nil }
    var starts = Array(0...count - length)
    var masked = [Bool](repeating: false, count: count)
    for index in 0..<spans {
      let left = Double(starts.count - index)
      starts.swapAt(index, index + Int(random.uniform(index, row: 1, utterance: utterance) * left))
      for position in starts[index]..<starts[index] + length { masked[position] = true }
    }
    return masked
  }
}
