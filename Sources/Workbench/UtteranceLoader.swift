import AcousticModel
import Audio

/// A recording as the model wants it.
struct LoadedUtterance: Sendable {
  let utterance: Utterance
  /// At the model's sample rate, normalised if it asks for that.
  let samples: [Float]
  let durationSeconds: Double
  /// What reading, resampling and normalising took.
  let loadingSeconds: Double
}

/// Reads recordings one after the other.
struct UtteranceLoader: Sendable {
  let model: LoadedModel
  /// The rate of headerless samples on standard input, in Hz; nil if it is an audio file.
  let pcmSampleRate: Int?

  func load(_ utterance: Utterance) throws(InputFailure) -> LoadedUtterance {
    let start = monotonicSeconds()
    let preprocessing = model.acoustic.preprocessing
    var waveform: Waveform
    do throws(AudioError) {
      waveform = try readWaveform(
        from: try source(of: utterance), sampleRate: preprocessing.sampleRate,
        offsetSeconds: utterance.interval?.offsetSeconds, durationSeconds: utterance.interval?.durationSeconds
      )
    } catch {
      throw InputFailure(error.description)
    }
    try checkLength(waveform, of: utterance)
    if preprocessing.normalises { waveform = waveform.normalized() }
    return LoadedUtterance(
      utterance: utterance, samples: waveform.samples, durationSeconds: waveform.durationSeconds,
      loadingSeconds: monotonicSeconds() - start)
  }

  private func source(of utterance: Utterance) throws(AudioError) -> AudioSource {
    switch utterance.sound {
    case .file(let path): return .file(path: path)
    case .standardInput:
      let bytes: [UInt8]
      do { bytes = try readAll(descriptor: 0, limit: .max) } catch {
        throw .unreadable(name: "stdin", errorNumber: error.number)
      }
      return pcmSampleRate.map { .pcm16LittleEndian(bytes, sampleRate: $0, name: "stdin") }
        ?? .bytes(bytes, name: "stdin")
    }
  }

  private func checkLength(_ waveform: Waveform, of utterance: Utterance) throws(InputFailure) {
    let count = waveform.samples.count
    guard model.acoustic.configuration.frames(for: count) == 0 else { return }
    let needed = model.fewestSamples
    let rate = waveform.sampleRate
    func seconds(_ samples: Int) -> Double { (Double(samples) / Double(rate) * 1e4).rounded() / 1e4 }
    throw InputFailure(
      utterance.sound == .standardInput ? "stdin" : utterance.audioPath,
      "is too short: found \(count) samples (\(seconds(count)) s at \(rate) Hz), the model needs \(needed) "
        + "(\(seconds(needed)) s); record more or leave it out")
  }
}
