import Audio
import Training

#if canImport(Glibc)
import Glibc
#endif

/// Waveforms of a corpus, decoded when they are first asked for and kept in memory where all have room.
///
/// Samples are rounded to 16 bits, whether they are kept or not, so that a step does not depend on memory:
/// recordings of 16 bits at the model's rate stay what they are. For one thread.
final class WaveformStore {
  private let sampleRate: Int
  private let normalises: Bool
  private let keeps: Bool
  private var kept: [Int: [Int16]] = [:]

  /// Bytes that a corpus may take: 18 hours at 16 kHz.
  static let limitBytes = 2 << 30

  /// - Parameter normalises: whether each utterance, as a whole, is brought to mean 0 and variance 1.
  init(_ corpus: PretrainCorpus, normalises: Bool) {
    sampleRate = corpus.sampleRate
    self.normalises = normalises
    keeps = corpus.examples.reduce(0) { $0 + 2 * $1.samples } <= Self.limitBytes
  }

  /// A part of an utterance.
  /// - Throws: an error of one line, if its recording is no longer what it was.
  func samples(_ range: Range<Int>, of example: PretrainCorpus.Example) throws -> [Float] {
    let all = try samples(of: example)
    guard normalises else { return all[range].map { Float($0) * 0x1p-15 } }
    var (sum, squares) = (0.0, 0.0)
    for sample in all {
      sum += Double(sample)
      squares += Double(sample) * Double(sample)
    }
    let count = Double(all.count)
    let mean = sum / count
    // Of samples in -1...1, with transformers' epsilon.
    let variance = max(0, squares / count - mean * mean) * 0x1p-30
    let scale = Float(0x1p-15 / (variance + 1e-7).squareRoot())
    return all[range].map { (Float($0) - Float(mean)) * scale }
  }

  private func samples(of example: PretrainCorpus.Example) throws -> [Int16] {
    if let samples = kept[example.key] { return samples }
    let decoded = try example.row.waveform(sampleRate: sampleRate).samples
    guard decoded.count == example.samples else {
      throw InputFailure(
        example.row.audioPath,
        "expected \(example.samples) samples, found \(decoded.count); put the recording back as it was")
    }
    let samples = decoded.map { Int16(min(max(($0 * 0x1p15).rounded(), -32768), 32767)) }
    if keeps { kept[example.key] = samples }
    return samples
  }
}
