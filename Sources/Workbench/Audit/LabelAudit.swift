import CTC
import Evaluation
import Tensors
import Training
import Vocabulary

/// Looks for utterances whose reference is wrong: by how little a model believes it, by what systems hear
/// instead, and by how badly it fits in time.
///
/// A system is a model with a decoder; each model's emissions are computed once.
public struct LabelAudit {
  public var models: [String]
  public var decoders = [DecoderChoice.greedy]
  /// For checkpoints of many languages; nil for the `target_lang` of their tokenizers.
  public var language: String?
  public var threads = 1

  public init(models: [String]) { self.models = models }

  /// What was found, the most suspicious first, and the rows that could not be looked at.
  public struct Result: Sendable {
    public let evidence: [LabelEvidence]
    public let failures: [InputFailure]
  }

  public enum Event {
    /// An utterance has been looked at by one of the models.
    case done(audioSeconds: Double)
    case failed
    case underway(part: Double, audioSeconds: Double)
  }

  /// - Parameters:
  ///   - manifest: JSON lines with `audio_filepath` and `text`.
  ///   - measure: what is ranked by.
  ///   - shouldStop: asked often; the result is then nil.
  ///   - progress: gets an event for each row and model.
  /// - Throws: one line for a manifest, a model or a decoder that cannot be used.
  public func run(
    manifest: String, rankedBy measure: LabelEvidence.Measure = .margin, shouldStop: () -> Bool,
    progress: (Event) -> Void
  ) throws -> Result? {
    let (rows, unusable) = try CorpusListing(manifest: manifest).withTexts
    var failures = unusable
    var findings: [String: [Finding]] = [:]
    for model in models {
      let pipeline = try DecodePipeline(
        modelDirectory: model, language: language, decoder: decoders[0], threads: threads)
      let source = RecordingSource(rows.map { .utterance($0.utterance) }, through: pipeline)
      let aligner = UtteranceAligner(
        vocabulary: source.vocabulary, timing: source.timing, options: Self.options,
        level: try KernelLevel.chosen())
      var decoding = try JointDecoding(source, others: Array(decoders.dropFirst()))
      var next = 0
      try decoding.run(shouldStop: shouldStop) { event in
        switch event {
        case .transcripts(let transcripts, let emissions):
          let utterance = rows[next].utterance
          next += 1
          do throws(InputFailure) {
            findings[utterance.id, default: []].append(
              try Finding(utterance, transcripts, emissions, aligner))
            progress(.done(audioSeconds: transcripts[0].durationSeconds))
          } catch {
            failures.append(error)
            progress(.failed)
          }
        case .failure(let failure):
          next += 1
          failures.append(failure)
          progress(.failed)
        case .underway(let part, let seconds): progress(.underway(part: part, audioSeconds: seconds))
        }
      }
      if shouldStop(), next < rows.count { return nil }
    }
    let evidence = rows.compactMap { row -> LabelEvidence? in
      // What one model could not read is not compared with what all could.
      guard let found = findings[row.utterance.id], found.count == models.count else { return nil }
      return LabelEvidence(found, of: row.utterance, place: row.place)
    }
    return Result(evidence: evidence.ranked(by: measure), failures: failures)
  }

  /// Times are of no interest here, but of the worst word; sound beyond the words speaks against the text.
  private static var options: AlignmentOptions {
    var options = AlignmentOptions()
    options.wordEnds = .spike
    return options
  }
}

/// What one model makes of a reference.
private struct Finding {
  var durationSeconds: Double
  var heard: [String]
  var loss: Double
  var margin: Double
  var disagreement: Double
  var alignment: Double
  var weakestWord: Transcript.Word?

  /// A reference that no path can say, since the sound is too short for it, is infinitely bad.
  init(
    _ utterance: Utterance, _ transcripts: [Transcript], _ emissions: Emissions, _ aligner: UtteranceAligner
  ) throws(InputFailure) {
    let vocabulary = aligner.vocabulary
    let labels = try aligner.text(of: utterance).target.labels.compactMap(\.self)
    let reference = vocabulary.text(ofCollapsed: labels)
    let probability = emissions.logProbability(of: labels, blank: vocabulary.blank)
    let greedy = GreedyDecoder(blank: vocabulary.blank).decode(emissions)
    let count = Double(max(1, labels.count))
    durationSeconds = transcripts[0].durationSeconds
    heard = transcripts.map(\.text)
    loss = -probability / count
    margin = max(0, greedy.acousticScore - probability) / count
    disagreement =
      transcripts.map { EditCounts(charactersOf: reference, hypothesis: $0.text).rate ?? 0 }.min() ?? 0
    guard probability > -.infinity else {
      alignment = .infinity
      return
    }
    let aligned = try aligner.align(
      utterance, emissions, durationSeconds: durationSeconds, samples: nil)
    let worst = aligned.words.filter { !$0.isWildcard }.min { ($0.score ?? 0) < ($1.score ?? 0) }
    alignment = -(worst?.score ?? 0)
    weakestWord = worst?.timed
  }
}

extension LabelEvidence {
  fileprivate init(_ findings: [Finding], of utterance: Utterance, place: String) {
    func mean(_ value: (Finding) -> Double) -> Double {
      findings.reduce(0) { $0 + value($1) } / Double(findings.count)
    }
    self.init(
      id: utterance.id, place: place, audioPath: utterance.audioPath,
      durationSeconds: findings[0].durationSeconds, reference: utterance.text ?? "",
      heard: findings.flatMap(\.heard), loss: mean(\.loss), margin: mean(\.margin),
      disagreement: findings.map(\.disagreement).min() ?? 0, alignment: mean(\.alignment),
      weakestWord: findings.max { $0.alignment < $1.alignment }?.weakestWord)
  }
}
