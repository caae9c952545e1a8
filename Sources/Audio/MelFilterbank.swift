internal import Glibc

/// Triangular filters that are equally wide on the mel scale, over the power spectrum of N samples, as Kaldi
/// has them:
///
///     mel(f) = 1127 ln(1 + f / 700)
///
/// Filter b of B rises from 0 at edge b to 1 at edge b + 1 and falls to 0 at edge b + 2, linearly in mel; the
/// B + 2 edges are equally spaced from the lowest to the highest frequency. The bin of the Nyquist frequency
/// belongs to no filter. Filters that are narrower than the distance of the spectrum's bins may be empty:
/// their energy is 0.
struct MelFilterbank: Sendable {
  /// One triangle: the weights of the spectrum's bins from `first` on.
  struct Filter: Sendable {
    var first: Int
    var weights: [Double]
  }

  let filters: [Filter]

  /// - Parameter count: N, the number of samples that are transformed.
  /// - Precondition: 0 <= `lowest` < `highest` <= half the sample rate, in Hz; at least one filter.
  init(filters filterCount: Int, over frequencies: ClosedRange<Double>, sampleRate: Int, count: Int) {
    precondition(filterCount > 0, "a filterbank of \(filterCount) filters")
    precondition(
      frequencies.lowerBound >= 0 && frequencies.upperBound <= Double(sampleRate) / 2
        && frequencies.lowerBound < frequencies.upperBound,
      "mel filters over \(frequencies) Hz at \(sampleRate) Hz")
    let lowest = melScale(frequencies.lowerBound)
    let width = (melScale(frequencies.upperBound) - lowest) / Double(filterCount + 1)
    let mels = (0..<count / 2).map { melScale(Double($0) * Double(sampleRate) / Double(count)) }
    filters = (0..<filterCount).map { index in
      let left = lowest + Double(index) * width
      let right = left + 2 * width
      let inside = mels.indices.filter { mels[$0] > left && mels[$0] < right }
      return Filter(
        first: inside.first ?? 0, weights: inside.map { min(mels[$0] - left, right - mels[$0]) / width })
    }
  }

  /// Writes each filter's energy, the weighted sum of the power of its bins in ascending order.
  ///
  /// - Parameter power: (at least N/2,).
  /// - Parameter energies: (B,), overwritten.
  func apply(to power: [FrameLanes], _ energies: inout [FrameLanes]) {
    for (index, filter) in filters.enumerated() {
      var sum = FrameLanes.zero
      for (offset, weight) in filter.weights.enumerated() { sum += weight * power[filter.first + offset] }
      energies[index] = sum
    }
  }
}

/// A frequency in Hz on the mel scale of Kaldi and HTK.
func melScale(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }
