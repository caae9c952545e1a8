import AcousticModel
import Hashing
import Training

/// The speech of a run: what a manifest's recordings are, and which are of use.
struct PretrainCorpus: Sendable {
  struct Example: Sendable {
    let row: CorpusRow
    /// At the model's rate.
    let samples: Int
    /// Of the decoded sound.
    let audioHash: String
    /// Its place in the manifest: what random numbers know it by.
    let key: Int
  }

  let examples: [Example]
  let sampleRate: Int
  /// What is left out and why, a line each.
  let failures: [String]
  /// Utterances that give too few frames.
  let tooShort: Int
  private let rows: Int

  /// Reads every recording once.
  ///
  /// - Parameters:
  ///   - fewestFrames: with fewer an utterance is left out.
  /// - Returns: nil if `shouldStop` came between.
  /// - Throws: one line, for a manifest that cannot be used.
  init?(
    manifest path: String, configuration: ModelConfiguration, sampleRate: Int, fewestFrames: Int,
    threads: Int,
    shouldStop: () -> Bool
  ) throws {
    let listing = try CorpusListing(manifest: path)
    let survey = CorpusSurvey(entries: listing.entries, sampleRate: sampleRate, threads: threads)
    guard let rows = survey.rows(shouldStop: shouldStop, progress: { _ in }) else { return nil }
    var examples: [Example] = []
    var failures: [String] = []
    var tooShort = 0
    for (key, row) in rows.enumerated() {
      switch row.sound {
      case .failed(let kind, let reason):
        failures.append("\(row.place): \(kind == .unreadableAudio ? "" : "\(kind.rawValue): ")\(reason)")
      case .measured(let sound):
        guard configuration.frames(for: sound.samples) >= fewestFrames else {
          tooShort += 1
          continue
        }
        examples.append(Example(row: row, samples: sound.samples, audioHash: sound.hash, key: key))
      }
    }
    self.examples = examples
    self.sampleRate = sampleRate
    self.failures = failures
    self.tooShort = tooShort
    self.rows = rows.count
    guard !examples.isEmpty else {
      throw InputFailure(
        path, "no utterance can be used: \(failures.first ?? "all \(tooShort) are shorter than a mask")")
    }
  }

  var seconds: Double { examples.reduce(0) { $0 + Double($1.samples) } / Double(sampleRate) }

  /// What was found, in a line, and each of what is left out.
  func notes(_ name: String) -> [String] {
    let short = tooShort > 0 ? "; \(tooShort) too short for a mask are left out" : ""
    let bad = failures.isEmpty ? "" : "; \(failures.count) of \(rows) rows are left out:"
    return ["\(name): \(examples.count) utterances, \(shortNumber(seconds / 60)) min" + short + bad]
      + failures.prefix(10).map { "  \($0)" }
      + (failures.count > 10 ? ["  and \(failures.count - 10) more; see 'warbler corpus check'"] : [])
  }

  /// Of ids and sounds, in their order.
  var hash: String {
    var hash = SHA256()
    for example in examples { hash.update("\(example.row.id)\t\(example.audioHash)\t\(example.key)\n") }
    return hash.finalizeHex()
  }
}
