import GRDB
import JSON
import Store
import TestSupport

/// A store in a directory that goes with it.
struct Fixture {
  let directory = TemporaryDirectory()
  var path: String { directory.file("warbler.db") }

  func open() throws -> Store { try Store(path: path) }
}

/// What SQL says about a database that no store has open.
func query(_ path: String, _ sql: String) throws -> [Row] {
  try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql) }
}

extension Store {
  @discardableResult
  func registerModel(_ hash: String = "a1") throws -> RecordID {
    try register(
      CheckpointEntry(
        hash: hash, path: "/models/\(hash)", architecture: "HubertForCTC", parameterCount: 94_000_000))
  }

  /// A finished decode run of these texts, by name.
  @discardableResult
  func decode(
    _ texts: KeyValuePairs<String, String>, checkpoint: String = "a1", decoder: String = "greedy"
  ) throws -> RecordID {
    let run = try beginDecoding(
      DecodeRunEntry(
        checkpoint: registerModel(checkpoint), decoder: decoder, precision: "fp32", settings: ["threads": 2],
        version: "test", inputs: texts.count))
    try add(texts.map { transcript($0.key, $0.value) }, to: run)
    try endDecoding(run, as: .finished)
    return run
  }

  func training(_ directory: String = "/out") throws -> RecordID {
    try beginTraining(
      TrainingRunEntry(
        directory: directory, settings: ["steps": 100], data: ["train": "f00d"], version: "test",
        initialCheckpoint: registerModel()))
  }
}

/// What was heard in the sound `name`.
func transcript(_ name: String, _ text: String) -> TranscriptEntry {
  TranscriptEntry(
    utterance: UtteranceEntry(hash: "sound of \(name)", audioHash: "sound of \(name)", durationSeconds: 1.5),
    name: name, audioPath: "/audio/\(name).wav", text: text, score: -2.5, acousticScore: -2.5,
    confidence: 0.75,
    words: [["word": .string(text), "start": 0.25, "end": 1.25, "confidence": 0.75]],
    alternatives: [["text": .string(text), "score": -2.5]], seconds: ["audio": 0.001])
}
