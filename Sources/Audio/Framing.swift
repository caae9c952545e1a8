/// Four frames of a waveform side by side: one value of each.
///
/// Everything up to the logarithm is done for four frames at once, so each operation is a vector one and a
/// frame's result does not depend on its neighbours. Double, because single precision is not enough: where a
/// recording has nothing in the upper bands, as telephone speech at 16 kHz, rounding in a float32 transform
/// moves torchaudio's own features by up to 5e-3.
typealias FrameLanes = SIMD4<Double>

/// Cuts a waveform into windowed frames, as `FrameOptions` says.
struct Framing: Sendable {
  let length: Int
  let shift: Int
  private let removesMean: Bool
  private let preemphasis: Double
  private let window: [Double]

  /// - Precondition: frames of four samples at least, a shift of one at least, a pre-emphasis in 0...1.
  init(_ options: FrameOptions) {
    length = options.length
    shift = options.shift
    precondition(
      length >= 4 && shift >= 1,
      "frames of \(options.lengthMilliseconds) ms every \(options.shiftMilliseconds) ms at \(options.sampleRate) Hz"
    )
    precondition(
      (0...1).contains(options.preemphasis), "a pre-emphasis is in 0...1, not \(options.preemphasis)")
    removesMean = options.removesMean
    preemphasis = options.preemphasis
    window = options.window.values(length)
  }

  /// Writes frames `frames` of `samples` into `block`, sample i to `block[places[i]]` and zeros behind a
  /// frame's end. Lanes without a frame repeat the last one.
  ///
  /// - Precondition: 1 to 4 frames that lie within the samples; as many places as `block` has elements, and
  ///   each of those once.
  func load(
    _ samples: UnsafeBufferPointer<Float>, _ frames: Range<Int>, at places: [Int],
    of block: inout [FrameLanes]
  ) {
    precondition(
      (1...4).contains(frames.count) && frames.lowerBound >= 0
        && (frames.upperBound - 1) * shift + length <= samples.count,
      "frames \(frames) of \(samples.count) samples")
    precondition(
      places.count == block.count && length <= block.count, "\(length) samples in \(block.count) places")
    func start(_ lane: Int) -> Int { min(frames.lowerBound + lane, frames.upperBound - 1) * shift }
    let (a, b, c, d) = (start(0), start(1), start(2), start(3))
    func sample(_ i: Int) -> FrameLanes {
      FrameLanes(
        Double(samples[a + i]), Double(samples[b + i]), Double(samples[c + i]), Double(samples[d + i]))
    }
    var mean = FrameLanes.zero
    if removesMean {
      for i in 0..<length { mean += sample(i) }
      mean /= Double(length)
    }
    block.withUnsafeMutableBufferPointer { block in
      var previous = sample(0) - mean
      for i in 0..<length {
        let value = sample(i) - mean
        block[places[i]] = (value - preemphasis * previous) * window[i]
        previous = value
      }
      for i in length..<block.count { block[places[i]] = .zero }
    }
  }
}
