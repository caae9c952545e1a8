import CTC
import Evaluation
import Tensors

extension ComparisonInput {
  /// Models and decoders: each decoder of each model is a system.
  public struct ModelRun: Sendable {
    public var models: [String]
    public var decoders = [DecoderChoice.greedy]
    /// For the first systems, by model and then by decoder; the others are called by their decoder, and by their
    /// model where there are several.
    public var names: [String] = []
    public var language: String?
    public var threads = 1
    public var recording = RecordingOptions()
    /// Where emissions are to be kept: `DIR/ID.npy`, or `DIR/N/ID.npy` of the Nth of several models.
    public var emissions: String?
    /// Whether they are needed again, for a page.
    public var needsEmissions = false

    public init(models: [String]) { self.models = models }
  }

  public enum Event {
    /// An utterance has been through one of the models and all decoders.
    case done(audioSeconds: Double)
    case failed
    case underway(part: Double, audioSeconds: Double)
  }

  /// Decodes a manifest: the emissions of each model are computed once, whatever the number of decoders. Rows
  /// that a model cannot decode are compared on none.
  ///
  /// - Parameters:
  ///   - manifest: JSON lines with `audio_filepath` and `text`.
  ///   - shouldStop: asked often; the result is then nil.
  ///   - progress: gets an event for each row and model.
  /// - Throws: one line for a manifest, a model or a decoder that cannot be used.
  public init?(
    decoding manifest: String, _ run: ModelRun, shouldStop: () -> Bool, progress: (Event) -> Void
  ) throws {
    let listed = try CorpusListing(manifest: manifest).withTexts
    let rows = listed.rows.map(\.utterance)
    failures = listed.failures
    let keeps = run.emissions != nil || run.needsEmissions
    let shelf = keeps ? try EmissionShelf(keptIn: run.emissions) : nil
    // (model, row, decoder); nil of a row that failed.
    var heard: [[[Transcript]?]] = []
    var peaks: [Int?] = []
    for (number, model) in run.models.enumerated() {
      _ = PeakMemory.reset()
      let pipeline = try DecodePipeline(
        modelDirectory: model, language: run.language, decoder: run.decoders[0], threads: run.threads,
        options: run.recording)
      var entries = rows.map { InputEntry.utterance($0) }
      if let folder = shelf?.folder(of: number, among: run.models.count) {
        entries = try FrameFolder(directory: folder).refusing(entries)
      }
      let source = RecordingSource(entries, through: pipeline)
      var decoding = try JointDecoding(source, others: Array(run.decoders.dropFirst()))
      var results: [[Transcript]?] = []
      try decoding.run(shouldStop: shouldStop) { event in
        switch event {
        case .transcripts(let transcripts, let emissions):
          do throws(InputFailure) {
            try shelf?.keep(
              emissions, of: number, among: run.models.count, place: results.count, id: transcripts[0].id)
            results.append(transcripts)
            progress(.done(audioSeconds: transcripts[0].durationSeconds))
          } catch {
            failures.append(error)
            results.append(nil)
            progress(.failed)
          }
        case .failure(let failure):
          failures.append(failure)
          results.append(nil)
          progress(.failed)
        case .underway(let part, let seconds): progress(.underway(part: part, audioSeconds: seconds))
        }
      }
      if shouldStop(), results.count < rows.count { return nil }
      heard.append(results)
      peaks.append(PeakMemory.bytes)
      var options = AlignmentOptions()
      options.wordEnds = .spike
      shelf?.models.append(
        EmissionShelf.Model(
          name: model, vocabulary: source.vocabulary, classes: source.classes, timing: source.timing,
          decoders: run.decoders,
          aligner: UtteranceAligner(
            vocabulary: source.vocabulary, timing: source.timing, options: options,
            level: try KernelLevel.chosen())))
    }
    let places = rows.indices.filter { place in heard.allSatisfy { $0[place] != nil } }
    self.shelf = shelf.map { $0.places(places) }
    for place in places {
      let (row, first) = (rows[place], heard[0][place]![0])
      var utterance = ComparedUtterance(id: row.id, reference: row.text ?? "")
      utterance.speaker = row.speaker
      utterance.durationSeconds = first.durationSeconds
      utterance.levelDecibels = first.levelDecibels
      utterances.append(utterance)
      sounds.append(row)
    }
    let usual = run.models.flatMap { model in
      run.decoders.map { run.models.count > 1 ? "\(Self.shortName(model)) \($0)" : "\($0)" }
    }
    let names = try Self.names(run.names, usual: usual)
    for (number, model) in run.models.enumerated() {
      for (decoder, choice) in run.decoders.enumerated() {
        let transcripts = places.map { heard[number][$0]![decoder] }
        var facts = Facts(detail: "\(model) \(choice)")
        facts.seconds = transcripts.reduce(0) {
          $0 + $1.cost.audioSeconds + $1.cost.modelSeconds + $1.cost.decoderSeconds
        }
        facts.audioSeconds = transcripts.reduce(0) { $0 + $1.durationSeconds }
        facts.peakBytes = peaks[number]
        systems.append(
          ComparedSystem(name: names[systems.count], readings: transcripts.map { ComparedSystem.Reading($0) })
        )
        self.facts.append(facts)
        words.append(transcripts.map(\.words))
        searchScores.append(transcripts.map { $0.alternatives.first?.score })
      }
    }
  }

  /// The last part of a path.
  static func shortName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

extension ComparedSystem.Reading {
  init(_ transcript: Transcript) {
    self.init(transcript.text)
    if transcript.alternatives.count > 1 { alternatives = transcript.alternatives.map(\.text) }
    confidence = transcript.confidence
    let written = transcript.text.split(whereSeparator: \.isWhitespace).map(String.init)
    wordConfidences = transcript.words.map(\.text) == written ? transcript.words.map(\.confidence) : nil
  }
}
