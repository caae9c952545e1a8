/// Puts a waveform together from blocks: refuses what is not finite, resamples, appends.
struct WaveformBuilder {
  private let request: ReadRequest
  private let inputRate: Int
  private let resampler: Resampler?
  private var samples: [Float] = []

  init(_ request: ReadRequest, inputRate: Int) {
    self.request = request
    self.inputRate = inputRate
    resampler = inputRate == request.sampleRate ? nil : Resampler(from: inputRate, to: request.sampleRate)
  }

  /// Appends `block[range]`, where `block[0]` is the recording's frame `firstFrame`.
  mutating func append(_ block: [Float], _ range: Range<Int>, firstFrame: Int) throws(AudioError) {
    if let index = firstNonFinite(in: block[range]) {
      throw notFinite(block[index], frame: firstFrame + index)
    }
    if let resampler {
      resampler.append(block, range, to: &samples)
    } else {
      samples += block[range]
    }
  }

  /// The waveform. Finite samples near Float's limit can overflow in the resampler's filter, so what it made
  /// is looked at again.
  mutating func finish() throws(AudioError) -> Waveform {
    if let resampler {
      resampler.finish(appendingTo: &samples)
      if let index = firstNonFinite(in: samples[...]) {
        let frame = Double(index) * Double(inputRate) / Double(request.sampleRate)
        throw notFinite(samples[index], frame: Int(frame))
      }
    }
    return Waveform(samples: samples, sampleRate: request.sampleRate)
  }

  private func notFinite(_ sample: Float, frame: Int) -> AudioError {
    .notFinite(
      name: request.name, isNaN: sample.isNaN, index: frame, seconds: Double(frame) / Double(inputRate))
  }
}

/// The index of the first NaN or infinity.
private func firstNonFinite(in samples: ArraySlice<Float>) -> Int? {
  // The largest magnitude as an integer: unlike a search that may stop anywhere, this vectorises.
  var largest: UInt32 = 0
  for sample in samples { largest = max(largest, sample.bitPattern & 0x7fff_ffff) }
  return largest < Float.infinity.bitPattern ? nil : samples.firstIndex { !$0.isFinite }
}
