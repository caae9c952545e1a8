/// When frames of emissions are, in seconds from the beginning of their utterance.
///
/// Frame t begins at t x (samples a frame) / (sample rate) and ends where the next begins. What a frame sees,
/// its receptive field, is wider; the convention is that of every CTC aligner.
public struct FrameTiming: Sendable, Equatable {
  public let samplesPerFrame: Int
  /// Hertz.
  public let sampleRate: Int

  public init(samplesPerFrame: Int, sampleRate: Int) {
    precondition(
      samplesPerFrame > 0 && sampleRate > 0, "\(samplesPerFrame) samples a frame at \(sampleRate) Hz")
    self.samplesPerFrame = samplesPerFrame
    self.sampleRate = sampleRate
  }

  /// Where frame `frame` begins.
  public func seconds(frame: Int) -> Double { Double(frame * samplesPerFrame) / Double(sampleRate) }
}
