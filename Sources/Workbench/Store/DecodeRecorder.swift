public import JSON
public import Store

/// Puts a decode run on record: what settles its results, and each result as it comes.
///
/// A transcript is in the store before `add` returns, so whoever hands it on afterwards hands on nothing that
/// a kill could take out of the store again.
public final class DecodeRecorder {
  public let run: RecordID
  private let store: Store
  /// Failures that the store has not been told of; they go with the next transcript, or the end.
  private var failures = 0

  /// Begins a run.
  /// - Parameters:
  ///   - model: registered if it is new; nil where emissions are decoded.
  ///   - settings: whatever settles the results beside the model, the decoder and the precision.
  ///   - inputs: how many there are.
  public init(
    store: Store, model: LoadedModel?, decoder: DecoderChoice, precision: String, settings: JSONValue,
    inputs: Int
  ) throws {
    self.store = store
    let checkpoint = try model.map { model in
      try store.register(
        CheckpointEntry(directory: model.directory, language: model.adapterLanguage, hashesKeptIn: store))
    }
    run = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: checkpoint, decoder: decoder.description, precision: precision, settings: settings,
        version: warblerVersion, inputs: inputs))
  }

  /// Adds a transcript.
  /// - Precondition: it tells what its utterance sounds like.
  public func add(_ transcript: Transcript) throws(StoreError) {
    try store.add([TranscriptEntry(transcript)], failures: failures, to: run)
    failures = 0
  }

  /// Counts an input that failed.
  public func addFailure() { failures += 1 }

  /// Ends the run.
  public func end(as status: RunStatus, message: String? = nil) throws(StoreError) {
    if failures > 0 { try store.add([], failures: failures, to: run) }
    failures = 0
    try store.endDecoding(run, as: status, message: message)
  }
}

extension TranscriptEntry {
  init(_ transcript: Transcript) {
    guard let sound = transcript.sound else {
      preconditionFailure("\(transcript.id): a transcript without the identity of its sound")
    }
    let document = transcript.document
    self.init(
      utterance: UtteranceEntry(
        hash: sound.hash, audioHash: sound.recordingHash, offsetSeconds: sound.interval?.offsetSeconds,
        lengthSeconds: sound.interval?.durationSeconds, durationSeconds: transcript.durationSeconds),
      name: transcript.id,
      audioPath: transcript.audioPath == "-" ? "-" : absolutePath(transcript.audioPath),
      text: transcript.text,
      score: document["score"]?.double, acousticScore: document["acoustic_score"]?.double,
      languageModelScore: document["lm_score"]?.double, confidence: document["confidence"]?.double,
      words: document["words"] ?? [], alternatives: document["nbest"] ?? [],
      seconds: document["seconds"] ?? [:])
  }
}
