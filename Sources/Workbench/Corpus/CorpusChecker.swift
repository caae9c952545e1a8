import AcousticModel
public import Training
import Vocabulary

/// Checks manifests against a model, or against a vocabulary: reads every recording once, on several threads.
public struct CorpusChecker: Sendable {
  public var check: CorpusCheck
  /// Hertz; the rate at which the audio is looked at.
  public var sampleRate = 16_000
  public var threads = 1

  public init(check: CorpusCheck) { self.check = check }

  /// How far a run is.
  public struct Progress: Sendable {
    public let rows: Int
    public let total: Int
    /// Seconds of audio that have been read.
    public let audioSeconds: Double
  }

  /// A checker for training a model in a directory, with a CTC head or without.
  /// - Parameter rules: a `rules.json` for the texts; nil leaves them as they are, but for their case.
  public init(
    model directory: String, language: String? = nil, rules: String? = nil,
    options: CorpusCheckOptions = CorpusCheckOptions()
  ) throws {
    var options = options
    options.configuration = try ModelConfiguration(
      contentsOf: "\(directory)/config.json", acceptsPretrained: true)
    let vocabulary = try CTCVocabulary(
      directory: directory, language: language, blank: options.configuration.blank)
    self.init(
      check: CorpusCheck(
        encoder: TranscriptEncoder(
          vocabulary: vocabulary, rules: try rules.map { try TextRules(path: $0) }),
        options: options))
    sampleRate = try Preprocessing(directory: directory).sampleRate
  }

  /// - Parameters:
  ///   - train: a manifest.
  ///   - dev: another, whose audio must not be in the first; nil for none.
  ///   - shouldStop: asked often; the result is then nil.
  /// - Throws: a failure for a manifest that cannot be read at all.
  public func run(
    train: String, dev: String? = nil, shouldStop: () -> Bool = { false },
    progress: (Progress) -> Void = { _ in }
  ) throws -> CorpusReport? {
    let listings =
      try [CorpusListing(manifest: train)] + (dev.map { [try CorpusListing(manifest: $0)] } ?? [])
    let total = listings.reduce(0) { $0 + $1.entries.count }
    var done = 0
    var seconds = 0.0
    var parts: [[CorpusRow]] = []
    for listing in listings {
      let survey = CorpusSurvey(entries: listing.entries, sampleRate: sampleRate, threads: threads)
      let rows = survey.rows(shouldStop: shouldStop) { more in
        done += 1
        seconds += more
        progress(Progress(rows: done, total: total, audioSeconds: seconds))
      }
      guard let rows else { return nil }
      parts.append(rows)
    }
    return check.report(train: parts[0], dev: parts.count > 1 ? parts[1] : [])
  }
}
