import AcousticModel
import Hashing
import Training
import Vocabulary

/// The data of a run: checked, encoded, and what is left of it.
struct FinetuneCorpus {
  struct Example {
    let row: CorpusRow
    let labels: [Int]
    /// What hypotheses are compared with.
    let reference: String
    let audioHash: String
    let seconds: Double
    /// Its place in the manifest: what random numbers know it by.
    let key: UInt32
  }

  let vocabulary: CTCVocabulary
  let train: [Example]
  let dev: [Example]
  let report: CorpusReport

  /// Where labels come from.
  enum Source {
    /// A vocabulary, and rules for the texts.
    case encoder(TranscriptEncoder)
    /// The characters of the training texts.
    case characters(rules: TextRules?)
  }

  /// - Returns: nil if `shouldStop` came between.
  /// - Throws: one line, for a manifest that cannot be used.
  init?(
    _ options: FinetuneOptions, source: Source, configuration: ModelConfiguration, sampleRate: Int,
    threads: Int,
    shouldStop: () -> Bool
  ) throws {
    var checks = CorpusCheckOptions()
    checks.configuration = configuration
    let encoder: TranscriptEncoder =
      switch source {
      case .encoder(let encoder): encoder
      case .characters(let rules): TranscriptEncoder(vocabulary: nil, rules: rules)
      }
    var checker = CorpusChecker(check: CorpusCheck(encoder: encoder, options: checks))
    checker.sampleRate = sampleRate
    checker.threads = threads
    guard var report = try checker.run(train: options.train, dev: options.dev, shouldStop: shouldStop) else {
      return nil
    }
    let policy: BadRowPolicy = options.badRows == .stop ? .stop : .leaveOut
    if case .characters(let rules) = source {
      // Without a usable row there would be no characters, and each text would be to blame for that.
      try report.confirm(policy)
      let texts = report.train.usable.compactMap { report.train.preparedTexts[$0] }
      let vocabulary = CTCVocabulary(charactersOf: texts)
      report = CorpusCheck(encoder: TranscriptEncoder(vocabulary: vocabulary, rules: rules), options: checks)
        .report(train: report.train.rows, dev: report.dev.rows)
      self.vocabulary = vocabulary
    } else {
      guard let vocabulary = encoder.vocabulary else { preconditionFailure("an encoder without vocabulary") }
      self.vocabulary = vocabulary
    }
    try report.confirm(policy)
    self.report = report
    train = Self.examples(report.train)
    dev = Self.examples(report.dev)
  }

  private static func examples(_ part: CorpusReport.Part) -> [Example] {
    part.usable.compactMap { index in
      guard let labels = part.labels[index], let measurement = part.rows[index].measurement else {
        return nil
      }
      return Example(
        row: part.rows[index], labels: labels, reference: part.preparedTexts[index] ?? "",
        audioHash: measurement.hash, seconds: measurement.seconds, key: UInt32(index))
    }
  }

  /// What was found, in a line for each side, and each of what is left out.
  var notes: [String] {
    [report.train, report.dev].flatMap { part -> [String] in
      let seconds = part.usable.reduce(0) { $0 + part.rows[$1].seconds }
      let total = "\(part.split.rawValue): \(part.usable.count) utterances, \(shortNumber(seconds / 60)) min"
      let rejected = part.findings.filter { $0.severity == .reject }
      return [
        total + (rejected.isEmpty ? "" : "; \(part.rejectedCount) of \(part.rows.count) rows are left out:")
      ]
        + rejected.prefix(10).map { "  \(part.rows[$0.row].place): \($0.message)" }
        + (rejected.count > 10 ? ["  and \(rejected.count - 10) more; see 'warbler corpus check'"] : [])
    }
  }

  /// What is trained and evaluated on, so that resuming on other data is noticed.
  func hash(of examples: [Example]) -> String {
    var hash = SHA256()
    for example in examples {
      hash.update("\(example.row.id)\t\(example.audioHash)\t\(example.labels)\n")
    }
    return hash.finalizeHex()
  }
}
