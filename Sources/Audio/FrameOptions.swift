/// How a waveform is cut into overlapping frames, as Kaldi does it with `snip_edges` and without dither: only
/// frames that lie wholly inside the waveform, the first one at its start.
///
/// The defaults are those of `torchaudio.compliance.kaldi`.
public struct FrameOptions: Sendable, Equatable {
  /// Of the waveform, in Hz.
  public var sampleRate = 16_000
  /// Of a frame; a part of a sample is dropped.
  public var lengthMilliseconds = 25.0
  /// From the start of a frame to the next one's; a part of a sample is dropped.
  public var shiftMilliseconds = 10.0
  /// Whether the mean of each frame is subtracted from it.
  public var removesMean = true
  /// p in y[i] = x[i] - p x[i-1], within each frame; the sample before the first is taken to equal it. 0 for
  /// none.
  public var preemphasis = 0.97
  /// What each frame is multiplied by.
  public var window = WindowShape.povey

  public init() {}

  /// Samples of a frame.
  public var length: Int { samples(lengthMilliseconds) }

  /// The hop: samples between the starts of neighbouring frames.
  public var shift: Int { samples(shiftMilliseconds) }

  /// The number of frames of a waveform: floor((n - length) / shift) + 1, and 0 if it is shorter than one.
  public func frames(for sampleCount: Int) -> Int {
    sampleCount < length ? 0 : 1 + (sampleCount - length) / shift
  }

  /// In the order of torchaudio's multiplications, so that rounding falls to the same side.
  private func samples(_ milliseconds: Double) -> Int { Int(Double(sampleRate) * milliseconds * 0.001) }
}
