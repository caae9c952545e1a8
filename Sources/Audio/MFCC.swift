internal import Glibc

/// What `MFCC` computes. The defaults are those of `torchaudio.compliance.kaldi.mfcc` and of HuBERT's first
/// round: 13 cepstra of 23 mel filters, 25 ms frames every 10 ms, lifter 22.
public struct MFCCOptions: Sendable, Equatable {
  public var mel = LogMelOptions()
  /// Cepstral coefficients that are kept, the zeroth included.
  public var cepstra = 13
  /// L in the weights 1 + L/2 sin(pi k / L) of the coefficients, which even out their size. 0 for none.
  public var lifter = 22.0
  /// Frames that a delta is taken over: odd, at least 3.
  public var deltaWindow = 5

  public init() {}
}

/// Mel-frequency cepstral coefficients (Davis and Mermelstein 1980), equal to those of
/// `torchaudio.compliance.kaldi.mfcc` with `use_energy` false: the discrete cosine transform (DCT-II,
/// orthonormal) of the log-mel energies m of B filters, liftered:
///
///     c[t, k] = (1 + L/2 sin(pi k / L)) sqrt(2 / B) sum over b of m[t, b] cos(pi k (b + 1/2) / B)
///
/// with sqrt(1 / B) for k = 0. A value of this type may be used by several threads at once.
public struct MFCC: Sendable {
  public let options: MFCCOptions
  private let logMel: LogMel
  /// (cepstra, bins), row-major: the cosines with everything that they are multiplied by.
  private let transform: [Double]

  /// - Precondition: what `LogMel` expects; 1 to `mel.bins` cepstra; a lifter of 0 or more; an odd delta
  ///   window of at least 3.
  public init(_ options: MFCCOptions = MFCCOptions()) {
    let bins = options.mel.bins
    precondition(
      options.cepstra >= 1 && options.cepstra <= bins, "\(options.cepstra) cepstra of \(bins) mel filters")
    precondition(options.lifter >= 0, "a lifter is 0 or more, not \(options.lifter)")
    requireDeltaWindow(options.deltaWindow)
    self.options = options
    logMel = LogMel(options.mel)
    transform = (0..<options.cepstra).flatMap { k in
      let lifter =
        options.lifter == 0 ? 1 : 1 + options.lifter / 2 * sin(.pi * Double(k) / options.lifter)
      let scale = lifter * ((k == 0 ? 1 : 2) / Double(bins)).squareRoot()
      return (0..<bins).map { scale * cos(.pi * Double(k) * (Double($0) + 0.5) / Double(bins)) }
    }
  }

  /// The number of values of a frame with its deltas: three times the cepstra.
  public var width: Int { 3 * options.cepstra }

  /// The cepstra and their first and second deltas, [c | d | dd], as HuBERT's first round clusters them (Hsu
  /// et al. 2021; 39 values a frame at 100 Hz): (T, `width`), row-major; samples as `cepstra(of:)` takes
  /// them.
  public func features(of samples: [Float]) -> [Float] {
    let count = options.cepstra
    let cepstra = cepstra(of: samples)
    let first = deltas(of: cepstra, width: count, window: options.deltaWindow)
    let second = deltas(of: first, width: count, window: options.deltaWindow)
    var result: [Float] = []
    result.reserveCapacity(3 * cepstra.count)
    for start in stride(from: 0, to: cepstra.count, by: count) {
      let frame = start..<start + count
      result += cepstra[frame]
      result += first[frame]
      result += second[frame]
    }
    return result
  }

  /// Of samples in [-1, 1] at `options.mel.frames.sampleRate`: (T, cepstra), row-major;
  /// T = `options.mel.frames.frames(for: samples.count)`, so nothing for a clip shorter than a frame.
  public func cepstra(of samples: [Float]) -> [Float] {
    let (width, bins) = (options.cepstra, options.mel.bins)
    var result = [Float](repeating: 0, count: options.mel.frames.frames(for: samples.count) * width)
    logMel.forEachBlock(of: samples) { frames, energies in
      for k in 0..<width {
        var sum = FrameLanes.zero
        for bin in 0..<bins { sum += transform[k * bins + bin] * energies[bin] }
        for (lane, frame) in frames.enumerated() { result[frame * width + k] = Float(sum[lane]) }
      }
    }
    return result
  }
}
