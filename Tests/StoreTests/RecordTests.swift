import GRDB
import JSON
import Store
import TestSupport
import Testing

@Suite struct `A store's records` {
  let fixture = Fixture()

  @Test func `tell every text that a recording was given, by which checkpoint and decoder`() throws {
    let store = try fixture.open()
    let first = try store.decode(["a": "one", "b": "two"])
    let second = try store.decode(["renamed": "won"], checkpoint: "b2", decoder: "beam:width=50")
    // The same sound under another name.
    let third = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: nil, decoder: "greedy", precision: "fp32", settings: [:], version: "", inputs: 1))
    var entry = transcript("c", "wan")
    entry.utterance = transcript("a", "").utterance
    try store.add([entry], to: third)
    var filter = TranscriptFilter()
    filter.audioHash = "sound of a"
    let texts = try store.transcripts(filter)
    #expect(texts.map(\.entry.text) == ["one", "wan"])
    #expect(texts.map(\.run) == [first, third])
    #expect(texts[0].checkpointHash == "a1" && texts[0].decoder == "greedy" && texts[1].checkpoint == nil)
    #expect(Set(texts.map(\.utterance)).count == 1)
    #expect(try store.utterance(texts[0].utterance).path == "/audio/c.wav")
    filter = TranscriptFilter()
    filter.run = second
    #expect(try store.transcripts(filter).map(\.decoder) == ["beam:width=50"])
    let rows = try query(
      fixture.path, "SELECT text, decoder, checkpoint_hash FROM history WHERE audio_hash = 'sound of a'")
    #expect(rows.map { $0["text"] as String } == ["one", "wan"])
  }

  @Test func `give back what was put in`() throws {
    let store = try fixture.open()
    try store.decode(["a": "said \"so\" — שלום"])
    let record = try #require(try store.transcripts().first)
    let entry = transcript("a", "said \"so\" — שלום")
    #expect(record.entry.text == entry.text && record.entry.words == entry.words)
    #expect(record.entry.alternatives == entry.alternatives && record.entry.seconds == entry.seconds)
    #expect(record.entry.score == -2.5 && record.entry.languageModelScore == nil)
    #expect(record.entry.utterance == entry.utterance)
  }

  @Test func `count what was decoded and what failed`() throws {
    let store = try fixture.open()
    let run = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: store.registerModel(), decoder: "greedy", precision: "fp32", settings: [:], version: "",
        inputs: 5))
    #expect(try store.decodeRun(run).status == .running)
    try store.add([transcript("a", "one"), transcript("b", "two")], to: run)
    try store.add([transcript("c", "three")], failures: 2, to: run)
    try store.endDecoding(run, as: .interrupted, message: "SIGINT")
    let record = try store.decodeRun(run)
    #expect(record.decoded == 3 && record.failed == 2 && record.audioSeconds == 4.5)
    #expect(record.status == .interrupted && record.message == "SIGINT")
    #expect(record.startedAt <= record.updatedAt && record.seconds >= 0 && record.seconds < 60)
  }

  @Test func `of training keep metrics by step, and take back what a resumed run does anew`() throws {
    let store = try fixture.open()
    let run = try store.training()
    try store.append(
      (1...10).map { TrainingMetrics(.step, step: $0, values: ["loss": .number(1 / Double($0))]) }, to: run)
    try store.append([TrainingMetrics(.evaluation, step: 8, values: ["wer": 0.5])], to: run)
    #expect(try store.trainingRun(run).lastStep?.values["loss"] == 0.1)
    #expect(try store.resumeTraining(in: "/out", afterStep: 6) == run)
    #expect(try store.metrics(of: run, .step).map(\.step) == [1, 2, 3, 4, 5, 6])
    #expect(try store.metrics(of: run, .evaluation).isEmpty)
    try store.append([TrainingMetrics(.step, step: 6, values: ["loss": 9.5])], to: run)
    let record = try store.trainingRun(run)
    #expect(record.lastStep?.step == 6 && record.lastStep?.values["loss"] == 9.5)
    #expect(record.lastEvaluation == nil && record.status == .running)
    try store.endTraining(run, as: .failed, message: "the loss is NaN")
    #expect(try store.trainingRuns().map(\.status) == [.failed])
    #expect(try store.resumeTraining(in: "/elsewhere", afterStep: 0) == nil)
  }

  @Test func `know a checkpoint by its weights, wherever it lies`() throws {
    let store = try fixture.open()
    let parent = try store.registerModel()
    let run = try store.training()
    let child = try store.register(
      CheckpointEntry(
        hash: "c3", path: "/out/checkpoints/step-50", architecture: "HubertForCTC", parameterCount: 5,
        parent: parent,
        trainingRun: run, step: 50, metrics: ["wer": 0.25]))
    #expect(child != parent)
    // Decoding with a copy of it.
    #expect(
      try store.register(
        CheckpointEntry(hash: "c3", path: "/copy", architecture: "HubertForCTC", parameterCount: 5)) == child)
    let record = try #require(try store.checkpoint(hash: "c3"))
    #expect(record.entry.path == "/copy" && record.entry.parent == parent && record.entry.trainingRun == run)
    #expect(record.entry.step == 50 && record.entry.metrics == ["wer": 0.25])
    #expect(try store.checkpoints().map(\.id) == [parent, child])
  }

  @Test func `keep the hash of a file only as long as the file stays as it was`() throws {
    let store = try fixture.open()
    var state = FileState(path: "/model.safetensors", size: 10, modified: 1, inode: .max)
    try store.keep(hash: "a1", of: state)
    #expect(try store.hash(of: state) == "a1")
    state.size += 1
    #expect(try store.hash(of: state) == nil)
    try store.keep(hash: "b2", of: state)
    #expect(try store.hash(of: state) == "b2")
    state.modified += 1
    #expect(try store.hash(of: state) == nil)
  }

  @Test func `that do not exist are named`() throws {
    let store = try fixture.open()
    let error = #expect(throws: StoreError.self) { try store.decodeRun(RecordID(.decodeRun, 7)) }
    #expect(error?.kind == .noSuchRecord && error?.reason == "it has no decode run d7")
    #expect(throws: StoreError.self) { try store.append([], to: RecordID(.trainingRun, 7)) }
    #expect(throws: StoreError.self) { try store.endTraining(RecordID(.trainingRun, 7), as: .finished) }
  }

  @Test func `have ids of a letter and a number`() {
    #expect(RecordID("d12") == RecordID(.decodeRun, 12))
    #expect(RecordID(.utterance, 7).description == "u7")
    for text in ["", "d", "12", "x1", "d-1", "d1.wav", "d99999999999999999999"] {
      #expect(RecordID(text) == nil)
    }
  }
}

@Suite struct `Searching a store` {
  let fixture = Fixture()

  private func names(_ store: Store, _ words: String) throws -> [String] {
    var filter = TranscriptFilter()
    filter.search = TextSearch(words)
    return try store.transcripts(filter).map(\.entry.name)
  }

  @Test func `finds all words, phrases and beginnings, whatever their case and diacritics`() throws {
    let store = try fixture.open()
    try store.decode([
      "a": "Good morning everybody", "b": "the morning was good", "c": "l'été est là", "d": "don't AND won't",
      "e": "שלום עולם",
    ])
    #expect(try Set(names(store, "good morning")) == ["a", "b"])
    #expect(try names(store, "\"good morning\"") == ["a"])
    #expect(try names(store, "every*") == ["a"])
    #expect(try names(store, "every").isEmpty)
    #expect(try names(store, "ete") == ["c"])
    // What FTS5 takes for operators are words here.
    #expect(try names(store, "don't and") == ["d"])
    #expect(try names(store, "NOT").isEmpty)
    #expect(try names(store, "(good) -morning^").sorted() == ["a", "b"])
    #expect(try names(store, "עולם") == ["e"])
    #expect(TextSearch(" \"\" * - ") == nil)
  }

  @Test func `puts the best match first, and the latest so many in order without words`() throws {
    let store = try fixture.open()
    try store.decode([
      "long": "yes it was rather a long way to the place where we had to go", "short": "yes", "other": "no",
    ])
    #expect(try names(store, "yes") == ["short", "long"])
    var filter = TranscriptFilter()
    filter.limit = 2
    #expect(try store.transcripts(filter).map(\.entry.name) == ["short", "other"])
  }

  @Test func `forgets what is pruned`() throws {
    let store = try fixture.open()
    let run = try store.decode(["a": "gone"])
    try store.decode(["a": "here"])
    _ = try store.prune(.runs([run]))
    #expect(try names(store, "gone").isEmpty)
    #expect(try names(store, "here") == ["a"])
    // Throws if the index and the texts do not agree.
    try DatabaseQueue(path: fixture.path).write { db in
      try db.execute(
        sql: "INSERT INTO transcript_search (transcript_search, rank) VALUES ('integrity-check', 1)")
    }
  }
}
