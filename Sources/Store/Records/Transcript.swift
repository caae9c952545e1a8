import GRDB
public import JSON

/// A text that was heard in an utterance. Scores are natural logs.
public struct TranscriptEntry: Sendable {
  public var utterance: UtteranceEntry
  /// What the run calls the utterance; unique in the run.
  public var name: String
  /// The recording, from the root on; `-` for standard input.
  public var audioPath: String
  public var text: String
  public var score: Double?
  public var acousticScore: Double?
  /// nil without a language model.
  public var languageModelScore: Double?
  public var confidence: Double?
  /// An array of `{"word", "start", "end", "confidence"}`, in seconds.
  public var words: JSONValue
  /// An array of `{"text", "score", ...}`, best first.
  public var alternatives: JSONValue
  /// What it took: an object of seconds.
  public var seconds: JSONValue

  public init(
    utterance: UtteranceEntry, name: String, audioPath: String, text: String, score: Double? = nil,
    acousticScore: Double? = nil, languageModelScore: Double? = nil, confidence: Double? = nil,
    words: JSONValue = [], alternatives: JSONValue = [], seconds: JSONValue = [:]
  ) {
    self.utterance = utterance
    self.name = name
    self.audioPath = audioPath
    self.text = text
    self.score = score
    self.acousticScore = acousticScore
    self.languageModelScore = languageModelScore
    self.confidence = confidence
    self.words = words
    self.alternatives = alternatives
    self.seconds = seconds
  }
}

/// A transcript of a store, with the run, the decoder and the checkpoint that gave it.
public struct TranscriptRecord: Sendable {
  public let utterance: RecordID
  public let entry: TranscriptEntry
  public let run: RecordID
  /// When the run began.
  public let startedAt: String
  public let decoder: String
  public let precision: String
  public let checkpoint: RecordID?
  public let checkpointHash: String?
  public let checkpointPath: String?

  /// Of the view `history`.
  init(_ row: Row) throws {
    utterance = RecordID(.utterance, try row.required("utterance_id"))
    entry = TranscriptEntry(
      utterance: UtteranceEntry(
        hash: try row.required("utterance_hash"), audioHash: try row.required("audio_hash"),
        offsetSeconds: try row.optional("offset_seconds"),
        lengthSeconds: try row.optional("length_seconds"), durationSeconds: try row.required("duration")),
      name: try row.required("name"), audioPath: try row.required("path"), text: try row.required("text"),
      score: try row.optional("score"),
      acousticScore: try row.optional("acoustic_score"), languageModelScore: try row.optional("lm_score"),
      confidence: try row.optional("confidence"),
      words: try row.json("words"), alternatives: try row.json("nbest"), seconds: try row.json("seconds"))
    run = RecordID(.decodeRun, try row.required("run_id"))
    startedAt = try row.required("started_at")
    decoder = try row.required("decoder")
    precision = try row.required("precision")
    checkpoint = try row.id(.checkpoint, "checkpoint_id")
    checkpointHash = try row.optional("checkpoint_hash")
    checkpointPath = try row.optional("checkpoint_path")
  }

  /// The fields of a JSON line of `decode`, and behind them where the text comes from. `offset` stands only
  /// in those of an interval.
  public var document: JSONValue {
    var object: JSONObject = ["id": .string(entry.name), "audio_filepath": .string(entry.audioPath)]
    if let offset = entry.utterance.offsetSeconds { object["offset"] = .number(offset) }
    object["duration"] = .number(entry.utterance.durationSeconds)
    object["text"] = .string(entry.text)
    object["score"] = JSONValue(entry.score)
    object["acoustic_score"] = JSONValue(entry.acousticScore)
    object["lm_score"] = JSONValue(entry.languageModelScore)
    object["confidence"] = JSONValue(entry.confidence)
    object["words"] = entry.words
    object["nbest"] = entry.alternatives
    object["seconds"] = entry.seconds
    object["utterance"] = JSONValue(utterance)
    object["audio_hash"] = .string(entry.utterance.audioHash)
    object["run"] = JSONValue(run)
    object["started_at"] = .string(startedAt)
    object["decoder"] = .string(decoder)
    object["precision"] = .string(precision)
    object["checkpoint"] = JSONValue(checkpoint)
    object["checkpoint_hash"] = JSONValue(checkpointHash)
    object["checkpoint_path"] = JSONValue(checkpointPath)
    return .object(object)
  }
}

extension Store {
  /// Adds results to a run in one transaction: transcripts, and inputs that failed since the last call.
  ///
  /// - Complexity: 0.1 ms of the processor for a transcript, plus waiting for the file and for other writers.
  public func add(
    _ transcripts: [TranscriptEntry], failures: Int = 0, to run: RecordID
  ) throws(StoreError) {
    let number = run.number(of: .decodeRun)
    try write { db in
      let insertion = try db.cachedStatement(
        sql: """
          INSERT INTO transcript (run_id, utterance_id, name, path, text, score, acoustic_score, lm_score, confidence,
            words, nbest, seconds)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """)
      for entry in transcripts {
        let utterance = try Self.utteranceNumber(entry.utterance, path: entry.audioPath, db)
        try insertion.execute(arguments: [
          number, utterance, entry.name, entry.audioPath, entry.text, entry.score, entry.acousticScore,
          entry.languageModelScore, entry.confidence, entry.words.text(), entry.alternatives.text(),
          entry.seconds.text(),
        ])
      }
      try db.cachedStatement(
        sql: """
          UPDATE decode_run SET decoded = decoded + ?, failed = failed + ?, audio_seconds = audio_seconds + ?,
            updated_at = ?
          WHERE id = ?
          """
      ).execute(arguments: [
        transcripts.count, failures, transcripts.reduce(0) { $0 + $1.utterance.durationSeconds }, timestamp(),
        number,
      ])
      if db.changesCount == 0 { throw StoreError.noSuchRecord(path, run) }
    }
  }
}
