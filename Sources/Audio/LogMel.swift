internal import Glibc

/// What `LogMel` computes. The defaults are those of `torchaudio.compliance.kaldi.fbank`.
public struct LogMelOptions: Sendable, Equatable {
  public var frames = FrameOptions()
  /// Mel filters: the width of the features.
  public var bins = 23
  /// Where the first filter begins, in Hz.
  public var lowFrequency = 20.0
  /// Where the last filter ends, in Hz. 0 or less counts from the Nyquist frequency.
  public var highFrequency = 0.0
  /// The least energy of a filter, so that its logarithm is finite: float32's epsilon in Kaldi.
  public var energyFloor = Double(Float.ulpOfOne)

  public init() {}
}

/// Log-mel filterbank features, equal to those of `torchaudio.compliance.kaldi.fbank`:
///
///     f[t, b] = ln max(floor, sum over k of weight[b, k] |X_t[k]|^2)
///
/// with X_t the discrete Fourier transform of frame t after removal of its mean, pre-emphasis and window,
/// zeros appended up to a power of two. The bits of a frame depend on its own samples only.
///
/// A value of this type may be used by several threads at once.
public struct LogMel: Sendable {
  public let options: LogMelOptions
  private let framing: Framing
  private let fft: RealFFT
  private let filterbank: MelFilterbank

  /// - Precondition: frames of at least four samples; at least one bin; frequencies within 0 and half the
  ///   sample rate, the low one below the high one; a positive floor.
  public init(_ options: LogMelOptions = LogMelOptions()) {
    precondition(options.energyFloor > 0, "the floor of energies is positive, not \(options.energyFloor)")
    self.options = options
    framing = Framing(options.frames)
    var padded = 4
    while padded < framing.length { padded *= 2 }
    fft = RealFFT(count: padded)
    let nyquist = Double(options.frames.sampleRate) / 2
    let high = options.highFrequency <= 0 ? nyquist + options.highFrequency : options.highFrequency
    precondition(
      options.lowFrequency < high, "mel filters from \(options.lowFrequency) Hz to \(high) Hz")
    filterbank = MelFilterbank(
      filters: options.bins, over: options.lowFrequency...high, sampleRate: options.frames.sampleRate,
      count: padded)
  }

  /// Of samples in [-1, 1] at `options.frames.sampleRate`: (T, bins), row-major, natural logarithm;
  /// T = `options.frames.frames(for: samples.count)`, so nothing for a clip shorter than a frame.
  ///
  /// - Complexity: O(T N log N); memory is allocated once a call.
  public func features(of samples: [Float]) -> [Float] {
    let width = options.bins
    var result = [Float](repeating: 0, count: options.frames.frames(for: samples.count) * width)
    forEachBlock(of: samples) { frames, energies in
      for (lane, frame) in frames.enumerated() {
        for bin in 0..<width { result[frame * width + bin] = Float(energies[bin][lane]) }
      }
    }
    return result
  }

  /// Calls `body` with up to four frames at a time and their log energies, (bins,); lanes beyond the frames
  /// hold nothing of use.
  func forEachBlock(of samples: [Float], _ body: (Range<Int>, [FrameLanes]) -> Void) {
    let count = options.frames.frames(for: samples.count)
    var spectrum = [FrameLanes](repeating: .zero, count: fft.count)
    var energies = [FrameLanes](repeating: .zero, count: options.bins)
    samples.withUnsafeBufferPointer { samples in
      for first in stride(from: 0, to: count, by: 4) {
        let frames = first..<min(first + 4, count)
        framing.load(samples, frames, at: fft.places, of: &spectrum)
        fft.transform(&spectrum)
        squareMagnitudes(&spectrum)
        filterbank.apply(to: spectrum, &energies)
        for bin in energies.indices {
          for lane in 0..<frames.count {
            energies[bin][lane] = log(max(options.energyFloor, energies[bin][lane]))
          }
        }
        body(frames, energies)
      }
    }
  }
}

/// Replaces element k of the first half by |X[k]|^2, from a spectrum as `RealFFT.transform` leaves it. The
/// Nyquist frequency is dropped.
func squareMagnitudes(_ spectrum: inout [FrameLanes]) {
  spectrum[0] = spectrum[0] * spectrum[0]
  // Element k is written when 2k and 2k + 1 are read, which lie behind it: in place.
  for k in 1..<spectrum.count / 2 {
    spectrum[k] = spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1]
  }
}
