import AcousticModel
import Checkpoints
import Glibc
import JSON
import Tensors
import TestSupport
import Testing
import Training
import Vocabulary
import Workbench

/// `finetune --model` with what pre-training leaves: the checkpoints of `scripts/goldens/pretrained.py`.
@Suite(.timeLimit(.minutes(2))) struct `Fine-tuning a checkpoint of pre-training` {
  let directory = TemporaryDirectory()

  static func pretrained(_ name: String) -> String { "\(goldenModels)/../../TrainingTests/Goldens/\(name)" }

  /// Trains two steps on six seconds of noise; what was told, by kind.
  func train(_ model: String, _ flags: [String: String]) throws -> (notes: [String], losses: [Double]) {
    var rows = ["", ""]
    for index in 0..<8 {
      directory.write(wav(noise(16_000, seed: UInt64(index + 1))), as: "\(index).wav")
      let text = ["a b", "b a b", "ab", "ba"][index % 4]
      rows[index < 6 ? 0 : 1] += #"{"audio_filepath": "\#(index).wav", "text": "\#(text)"}"# + "\n"
    }
    var given = [
      "model": model, "train": directory.write(rows[0], as: "train.jsonl"),
      "dev": directory.write(rows[1], as: "dev.jsonl"), "out": directory.file("out"), "steps": "2",
      "eval-steps": "2", "threads": "2", "store": directory.file("store.db"), "layerdrop": "0",
    ]
    given.merge(flags) { $1 }
    let options = try FinetuneOptions.resolved(flags: given.map { ($0.key, $0.value) })
    var notes: [String] = []
    var losses: [Double] = []
    _ = try FinetuneRun(options: options).run(shouldStop: { false }) { event in
      switch event {
      case .note(let note): notes.append(note)
      case .step(let record): losses.append(record.loss)
      default: break
      }
    }
    return (notes, losses)
  }

  @Test func `bare weights get a head, a vocabulary and the files of a processor`() throws {
    let (notes, losses) = try train(Self.pretrained("hubert-pretrained"), ["vocab-from-data": "true"])
    #expect(losses.count == 2 && losses.allSatisfy { $0.isFinite && $0 > 0 })
    // The five special tokens, A and B in the texts' own case.
    #expect(notes.contains("a new head of 7 classes: the checkpoint has none"), "\(notes)")
    #expect(notes.contains { $0.hasPrefix("no preprocessor_config.json: audio at 16000 Hz") }, "\(notes)")
    let best = directory.file("out/best")
    let document = try JSONValue(contentsOf: "\(best)/config.json")
    #expect(document["architectures"] == ["HubertForCTC"] && document["vocab_size"]?.int == 7)
    let model = try LoadedModel(directory: best, on: Compute(threads: 1))
    #expect(model.vocabulary.count == 7 && model.acoustic.preprocessing == Preprocessing())
    #expect(model.acoustic.unusedTensors.allSatisfy { $0.hasSuffix("masked_spec_embed") })
  }

  @Test func `a head that begins at zero finds every symbol equally probable`() throws {
    let model = Self.pretrained("hubert-pretrained")
    let (_, losses) = try train(model, ["vocab-from-data": "true", "head-start": "zeros"])
    let configuration = try ModelConfiguration(
      contentsOf: "\(model)/config.json", acceptsPretrained: true)
    let frames = configuration.frames(for: 16_000)
    // Every path has the probability 7^-T, and C(T + S, 2 S) of them say S symbols, none twice in a row.
    let expected = [3, 5, 2, 2, 3, 5].map { symbols in
      let paths = (1...2 * symbols).reduce(0.0) { $0 + log(Double(frames - symbols + $1) / Double($1)) }
      return (Double(frames) * log(7) - paths) / Double(symbols)
    }
    let mean = expected.reduce(0, +) / 6
    #expect(abs(losses[0] / mean - 1) < 1e-5, "\(losses[0]) and \(mean)")
  }

  @Test func `masks that short utterances have too many of are told`() throws {
    let model = Self.pretrained("hubert-pretrained")
    let flags = ["vocab-from-data": "true", "mask-time-prob": "0.1", "mask-time-length": "10"]
    // 49 frames each, of which two spans are 20.
    let told =
      "masks: at least 2 of 10 frames an utterance hide 41 % of the frames, mask-time-prob asks for 10 %; "
      + "--mask-time-min-masks 0 keeps to that"
    let notes = try train(model, flags).notes
    #expect(notes.contains(told), "\(notes)")
    let few = try train(
      model, flags.merging(["mask-time-min-masks": "0", "out": directory.file("few")]) { $1 })
    #expect(!few.notes.contains { $0.hasPrefix("masks:") }, "\(few.notes)")
  }

  @Test func `a vocabulary and a preprocessing beside the weights are taken`() throws {
    let (notes, losses) = try train(
      Self.pretrained("wav2vec2-pretrained"),
      ["vocab": "\(Self.pretrained("wav2vec2-pretrained"))/vocab.json"])
    #expect(losses.count == 2 && losses.allSatisfy { $0.isFinite && $0 > 0 })
    #expect(notes.contains("a new head of 7 classes: the checkpoint has none"), "\(notes)")
    #expect(!notes.contains { $0.hasPrefix("no preprocessor_config.json") })
    let model = try LoadedModel(directory: directory.file("out/best"), on: Compute(threads: 1))
    #expect(
      model.acoustic.configuration.architecture == .wav2vec2 && !model.acoustic.preprocessing.normalises)
  }

  @Test func `the vocabulary beside the weights needs no flag`() throws {
    _ = try train(Self.pretrained("wav2vec2-pretrained"), [:])
    let model = try LoadedModel(directory: directory.file("out/best"), on: Compute(threads: 1))
    #expect(
      model.vocabulary.tokens.contains("A")
        && model.acoustic.configuration.vocabularySize == model.vocabulary.count)
  }

  @Test func `without any vocabulary it is wrong usage, in one line`() {
    let model = Self.pretrained("hubert-pretrained")
    let error = #expect(throws: UsageError.self) { try train(model, [:]) }
    #expect(
      error?.description
        == "--model: \(model) has no CTC head and no vocab.json; add --vocab FILE or --vocab-from-data")
  }

  @Test func `decode refuses it and says what to do`() {
    for (name, type) in [
      ("hubert-pretrained", "HubertModel"), ("wav2vec2-pretrained", "Wav2Vec2ForPreTraining"),
    ] {
      let error = #expect(throws: ConfigurationError.self) {
        try LoadedModel(directory: Self.pretrained(name), on: Compute(threads: 1))
      }
      #expect(
        error?.description.contains(
          "found \"\(type)\", which has no CTC head; train one with warbler finetune") == true)
      #expect(error?.description.contains("\n") == false)
    }
  }
}
