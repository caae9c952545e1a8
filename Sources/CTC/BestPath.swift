extension Emissions {
  /// The most probable token of each frame; of equals the lowest id, as argmax in NumPy and PyTorch.
  ///
  /// NaN is never the most probable; a frame with nothing but NaN and -inf gives token 0.
  /// - Complexity: O(T V).
  public var bestPath: [Int] {
    [Int](unsafeUninitializedCapacity: frames) { path, count in
      logPosteriors.withUnsafeBufferPointer { values in
        for frame in 0..<frames {
          let start = frame * vocabularySize
          path[frame] = argmax(UnsafeBufferPointer(rebasing: values[start..<start + vocabularySize]))
        }
      }
      count = frames
    }
  }
}

/// The position of the largest value, the first of equals; NaN is passed over.
@inline(__always)
private func argmax(_ values: UnsafeBufferPointer<Float>) -> Int {
  typealias Values = SIMD8<Float>
  typealias Positions = SIMD8<Int32>
  let lanes = Values.scalarCount
  let vectors = values.count / lanes
  // Each lane keeps the first of its own maxima.
  var best = Values(repeating: -.infinity)
  var bestPositions = Positions(0, 1, 2, 3, 4, 5, 6, 7)
  var positions = bestPositions
  let base = UnsafeRawPointer(values.baseAddress!)
  for vector in 0..<vectors {
    let candidates = base.loadUnaligned(fromByteOffset: vector * MemoryLayout<Values>.size, as: Values.self)
    let better = candidates .> best
    best.replace(with: candidates, where: better)
    bestPositions.replace(with: positions, where: better)
    positions &+= Int32(lanes)
  }
  var value = best.max()
  var position = vectors == 0 ? 0 : Int(bestPositions.replacing(with: .max, where: best .!= value).min())
  for index in vectors * lanes..<values.count where values[index] > value {
    value = values[index]
    position = index
  }
  return position
}
