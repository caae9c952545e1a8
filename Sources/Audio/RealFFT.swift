internal import Glibc

/// The discrete Fourier transform of N real numbers, four frames at a time:
///
///     X[k] = sum over n of x[n] exp(-2 pi i k n / N),  k = 0...N/2
///
/// N real numbers are N/2 complex ones, z[n] = x[2n] + i x[2n+1], whose transform Z (Cooley and Tukey 1965,
/// radix 2, decimation in time) gives
///
///     X[k] = E[k] + w^k O[k],  E[k] = (Z[k] + Z*[N/2-k]) / 2,  O[k] = (Z[k] - Z*[N/2-k]) / 2i,  w = exp(-2
///     pi i / N)
struct RealFFT: Sendable {
  /// N, a power of two, at least 4.
  let count: Int
  /// (N,): where sample n is to be put before the transform, which is bit-reversed order of the pairs.
  let places: [Int]
  /// (N/2,): w^k as real and imaginary part.
  private let roots: [SIMD2<Double>]

  init(count: Int) {
    precondition(count >= 4 && count & (count - 1) == 0, "a power of two of at least 4, not \(count)")
    self.count = count
    let bits = (count / 2).trailingZeroBitCount
    places = (0..<count).map { n in
      2 * Int(truncatingIfNeeded: UInt64(n / 2).bitReversed >> UInt64(64 - bits)) + n % 2
    }
    roots = (0..<count / 2).map { k in
      let angle = -2 * .pi * Double(k) / Double(count)
      return SIMD2(cos(angle), sin(angle))
    }
  }

  /// Transforms in place: sample n is expected at `values[places[n]]`; X[k] comes out as `values[2k]`, its
  /// real part, and `values[2k + 1]`, for 0 < k < N/2. The first two are X[0] and X[N/2], which are real.
  ///
  /// - Complexity: O(N log N), no allocation.
  func transform(_ values: inout [FrameLanes]) {
    precondition(values.count == count, "\(values.count) values for a transform of \(count)")
    values.withUnsafeMutableBufferPointer { values in
      roots.withUnsafeBufferPointer { roots in
        transformPairs(values, roots)
        separate(values, roots)
      }
    }
  }

  /// z to Z, M = N/2 complex numbers.
  private func transformPairs(
    _ values: UnsafeMutableBufferPointer<FrameLanes>, _ roots: UnsafeBufferPointer<SIMD2<Double>>
  ) {
    // Pairs of one: the root is 1.
    for first in stride(from: 0, to: count, by: 4) {
      let (real, imaginary) = (values[first + 2], values[first + 3])
      values[first + 2] = values[first] - real
      values[first + 3] = values[first + 1] - imaginary
      values[first] += real
      values[first + 1] += imaginary
    }
    var half = 2  // complex numbers in each of the two parts that are joined
    while half < count / 2 {
      let rootStride = count / (2 * half)
      for group in stride(from: 0, to: count, by: 4 * half) {
        for j in 0..<half {
          let root = roots[j * rootStride]
          let low = group + 2 * j
          let high = low + 2 * half
          let real = values[high] * root.x - values[high + 1] * root.y
          let imaginary = values[high] * root.y + values[high + 1] * root.x
          values[high] = values[low] - real
          values[high + 1] = values[low + 1] - imaginary
          values[low] += real
          values[low + 1] += imaginary
        }
      }
      half *= 2
    }
  }

  /// Z to X. With A = Z[k], B = Z*[N/2-k]: X[k] = E + w^k O, and X[N/2-k] is the conjugate of E - w^k O.
  private func separate(
    _ values: UnsafeMutableBufferPointer<FrameLanes>, _ roots: UnsafeBufferPointer<SIMD2<Double>>
  ) {
    let real = values[0]
    values[0] = real + values[1]
    values[1] = real - values[1]
    for k in 1..<max(1, count / 4) {
      let (low, high) = (2 * k, count - 2 * k)
      let (aReal, aImaginary) = (values[low], values[low + 1])
      let (bReal, bImaginary) = (values[high], -values[high + 1])
      let (eReal, eImaginary) = (0.5 * (aReal + bReal), 0.5 * (aImaginary + bImaginary))
      // (A - B) / 2i
      let (oReal, oImaginary) = (0.5 * (aImaginary - bImaginary), 0.5 * (bReal - aReal))
      let root = roots[k]
      let turnedReal = oReal * root.x - oImaginary * root.y
      let turnedImaginary = oReal * root.y + oImaginary * root.x
      values[low] = eReal + turnedReal
      values[low + 1] = eImaginary + turnedImaginary
      values[high] = eReal - turnedReal
      values[high + 1] = turnedImaginary - eImaginary
    }
    // k = N/4: w^k is -i, so X is the conjugate of Z.
    values[count / 2 + 1] = -values[count / 2 + 1]
  }
}

extension UInt64 {
  /// The bits in opposite order.
  fileprivate var bitReversed: UInt64 {
    var (from, result) = (self, UInt64(0))
    for _ in 0..<64 {
      result = result << 1 | from & 1
      from >>= 1
    }
    return result
  }
}
