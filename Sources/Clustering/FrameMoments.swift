/// Count, sum and sum of squares of each feature, gathered utterance by utterance in double precision.
public struct FrameMoments: Sendable, Equatable {
  public private(set) var frames = 0
  private var sums: [Double]
  private var squares: [Double]

  public init(dimensions: Int) {
    precondition(dimensions > 0, "\(dimensions) features")
    sums = Array(repeating: 0, count: dimensions)
    squares = sums
  }

  /// Adds frames, (frames, dimensions) row-major.
  /// - Returns: whether they were added; frames that are not all finite change nothing.
  public mutating func add(_ values: [Float]) -> Bool {
    precondition(values.count % sums.count == 0, "\(values.count) values for \(sums.count) features")
    guard values.allSatisfy(\.isFinite) else { return false }
    for row in stride(from: 0, to: values.count, by: sums.count) {
      for feature in sums.indices {
        let value = Double(values[row + feature])
        sums[feature] += value
        squares[feature] += value * value
      }
    }
    frames += values.count / sums.count
    return true
  }

  /// What brings these frames to mean 0 and variance 1, or to mean 0 alone. A feature that is the same everywhere is
  /// brought to 0.
  /// - Precondition: there are frames.
  public func scale(unitVariance: Bool) -> FrameScale {
    precondition(frames > 0, "no frames")
    let count = Double(frames)
    let means = sums.map { $0 / count }
    let deviations = zip(squares, means).map { square, mean in
      let variance = square / count - mean * mean
      // Below this it is rounding alone.
      return unitVariance && variance > 1e-12 * square / count ? variance.squareRoot() : 1
    }
    return FrameScale(means: means.map(Float.init), deviations: deviations.map(Float.init))
  }
}

/// Mean and standard deviation of each feature.
public struct FrameScale: Sendable, Equatable {
  public let means: [Float]
  /// Above 0.
  public let deviations: [Float]

  init(means: [Float], deviations: [Float]) {
    self.means = means
    self.deviations = deviations
  }

  /// Frames less the means, in units of the deviations.
  /// - Parameter values: (frames, dimensions) row-major.
  public func standardized(_ values: [Float]) -> [Float] {
    let width = means.count
    precondition(values.count % width == 0, "\(values.count) values for \(width) features")
    return values.indices.map { (values[$0] - means[$0 % width]) / deviations[$0 % width] }
  }
}
