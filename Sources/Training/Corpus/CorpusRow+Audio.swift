public import Audio

extension CorpusRow {
  /// Reads its audio, the interval where it has one; not normalised.
  ///
  /// - Parameter sampleRate: of the result, in Hz.
  public func waveform(sampleRate: Int) throws(AudioError) -> Waveform {
    try readWaveform(
      from: .file(path: audioPath), sampleRate: sampleRate, offsetSeconds: offsetSeconds,
      // Without an offset it is a remark about the whole recording.
      durationSeconds: offsetSeconds == nil ? nil : durationSeconds)
  }
}
