import AcousticModel
import Audio
import Hashing

#if canImport(Glibc)
import Glibc
#endif

/// A recording as the model wants it.
struct LoadedUtterance: Sendable {
  let utterance: Utterance
  /// At the model's sample rate, normalised if it asks for that.
  let samples: [Float]
  let durationSeconds: Double
  /// Root mean square before normalisation, in decibels below full scale; nil for silence.
  let levelDecibels: Double?
  /// What reading, resampling and normalising took.
  let loadingSeconds: Double
  /// nil unless it was asked for.
  let sound: SoundIdentity?
}

/// Reads recordings one after the other.
struct UtteranceLoader: Sendable {
  let input: ModelInput
  /// The rate of headerless samples on standard input, in Hz; nil if it is an audio file.
  let pcmSampleRate: Int?
  /// Whether to tell what each utterance sounds like.
  let identifiesSound: Bool
  private var hashes = RecordingHashes()

  init(input: ModelInput, pcmSampleRate: Int?, identifiesSound: Bool) {
    self.input = input
    self.pcmSampleRate = pcmSampleRate
    self.identifiesSound = identifiesSound
  }

  mutating func load(_ utterance: Utterance) throws(InputFailure) -> LoadedUtterance {
    let start = monotonicSeconds()
    let preprocessing = input.preprocessing
    var waveform: Waveform
    let source: AudioSource
    do throws(AudioError) {
      source = try self.source(of: utterance)
      waveform = try readWaveform(
        from: source, sampleRate: preprocessing.sampleRate,
        offsetSeconds: utterance.interval?.offsetSeconds, durationSeconds: utterance.interval?.durationSeconds
      )
    } catch {
      throw InputFailure(error.description)
    }
    try checkLength(waveform, of: utterance)
    let sound = try identifiesSound ? identity(of: utterance, source) : nil
    let level = waveform.levelDecibels
    if preprocessing.normalises { waveform = waveform.normalized() }
    return LoadedUtterance(
      utterance: utterance, samples: waveform.samples, durationSeconds: waveform.durationSeconds,
      levelDecibels: level, loadingSeconds: monotonicSeconds() - start, sound: sound)
  }

  /// The file's pages are in memory from reading it: this is the hash's time alone.
  private mutating func identity(
    of utterance: Utterance, _ source: AudioSource
  ) throws(InputFailure) -> SoundIdentity {
    do throws(HashingError) {
      return SoundIdentity(recordingHash: try hashes.hash(of: source), interval: utterance.interval)
    } catch { throw InputFailure(error.description) }
  }

  private func source(of utterance: Utterance) throws(AudioError) -> AudioSource {
    switch utterance.sound {
    case .file(let path):
      guard identifiesSound, !canBeReadTwice(path) else { return .file(path: path) }
      // A pipe is read once, for its sound and its hash.
      do { return .bytes(try readAll(path: path), name: path) } catch {
        throw .unreadable(name: path, errorNumber: error.number)
      }
    case .tensor(let path, _):
      throw .unreadable(name: path, errorNumber: EINVAL)
    case .standardInput:
      let bytes: [UInt8]
      do { bytes = try readAll(descriptor: 0, limit: .max) } catch {
        throw .unreadable(name: "stdin", errorNumber: error.number)
      }
      return pcmSampleRate.map { .pcm16LittleEndian(bytes, sampleRate: $0, name: "stdin") }
        ?? .bytes(bytes, name: "stdin")
    }
  }

  private func canBeReadTwice(_ path: String) -> Bool {
    var status = stat()
    // What is not there is for the reader to say.
    return stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFIFO
  }

  private func checkLength(_ waveform: Waveform, of utterance: Utterance) throws(InputFailure) {
    let count = waveform.samples.count
    guard input.frames(for: count) == 0 else { return }
    let needed = input.fewestSamples
    let rate = waveform.sampleRate
    func seconds(_ samples: Int) -> Double { (Double(samples) / Double(rate) * 1e4).rounded() / 1e4 }
    throw InputFailure(
      utterance.sound == .standardInput ? "stdin" : utterance.audioPath,
      "is too short: found \(count) samples (\(seconds(count)) s at \(rate) Hz), the model needs \(needed) "
        + "(\(seconds(needed)) s); record more or leave it out")
  }
}

extension Waveform {
  /// Root mean square in decibels below full scale, so negative; nil for silence.
  var levelDecibels: Double? {
    guard !samples.isEmpty else { return nil }
    let energy = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    return energy > 0 ? 10 * log10(energy) : nil
  }
}
