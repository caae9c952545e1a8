import Glibc
import TestSupport
import Testing
import Workbench

@Suite struct `The decode pipeline` {
  let directory = TemporaryDirectory()

  /// Recordings of many lengths, `count` of them.
  func recordings(_ count: Int) -> [String] {
    (0..<count).map { index in
      directory.write(wav(noise(2000 + 1777 * index, seed: UInt64(index))), as: "r\(index).wav")
    }
  }

  /// Everything but what the clock says.
  func results(_ transcripts: [Transcript]) -> [Transcript] {
    transcripts.map {
      var transcript = $0
      transcript.cost = .init()
      return transcript
    }
  }

  @Test func `results come in the order of the inputs`() throws {
    let paths = recordings(25)
    #expect(try decode(paths).order == (0..<25).map { "r\($0)" })
    #expect(try decode(paths.reversed()).order == (0..<25).reversed().map { "r\($0)" })
  }

  @Test func `a result depends neither on other inputs nor on the threads`() throws {
    let paths = recordings(12)
    let alone = try paths.map { try results(decode([$0]).transcripts)[0] }
    #expect(try results(decode(paths).transcripts) == alone)
    #expect(try results(decode(paths, threads: 3).transcripts) == alone)
    #expect(alone.contains { !$0.words.isEmpty })
  }

  @Test func `every bad input is named in its place, and the good ones between are decoded`() throws {
    let good = wav(noise(8000))
    func float(_ value: Float) -> [UInt8] { wav(floats: [Float](repeating: 0.1, count: 1000) + [value]) }
    let inputs: [(name: String, bytes: [UInt8], says: String?)] = [
      ("good1.wav", good, nil),
      ("empty.wav", [], "is empty"),
      ("cut.wav", Array(good.prefix(9000)), "is truncated"),
      ("silent.wav", wav([]), "holds no samples"),
      ("good2.wav", good, nil),
      (
        "short.wav", wav(noise(399)),
        "is too short: found 399 samples (0.0249 s at 16000 Hz), the model needs 400 (0.025 s)"
      ),
      ("nan.wav", float(.nan), "is NaN"),
      ("infinite.wav", float(.infinity), "is infinite"),
      ("text.wav", Array("not audio at all, only words in a file".utf8), "is not audio"),
      ("good3.wav", good, nil),
    ]
    var paths = inputs.map { directory.write($0.bytes, as: $0.name) }
    directory.folder("folder.wav")
    paths.append("\(directory.path)/folder.wav")
    paths.append("\(directory.path)/absent.wav")
    let (transcripts, _, failures, order) = try decode(paths)
    #expect(transcripts.map(\.id) == ["good1", "good2", "good3"])
    #expect(order == ["good1", "!", "!", "!", "good2", "!", "!", "!", "!", "good3", "!", "!"])
    let expected =
      inputs.filter { $0.says != nil } + [
        ("folder.wav", [], "holds no audio"), ("absent.wav", [], "cannot be read"),
      ]
    for (failure, input) in zip(failures, expected) {
      #expect(failure.hasPrefix("\(directory.path)/\(input.name): "), "\(failure)")
      #expect(failure.contains(input.says!), "\(failure)")
      #expect(!failure.contains("\n"))
    }
  }

  @Test(.enabled(if: getuid() != 0, "root reads everything"))
  func `a file without permission is unreadable`() throws {
    let path = directory.write(wav(noise(8000)), as: "a.wav")
    chmod(path, 0)
    #expect(try decode([path]).failures.first?.contains("Permission denied") == true)
  }

  @Test func `400 samples are one frame`() throws {
    let path = directory.write(wav(noise(400)), as: "a.wav")
    let transcript = try decode([path]).transcripts[0]
    #expect(transcript.durationSeconds == 0.025)
    #expect(transcript.characters.count <= 1)
  }

  @Test func `a model that always says blank gives an empty text with confidence and score`() throws {
    let path = directory.write(wav([Int16](repeating: 0, count: 16_000)), as: "a.wav")
    let transcript = try decode([path], model: try model(biasing: 0, by: 1000, in: directory)).transcripts[0]
    #expect(transcript.text == "")
    #expect(transcript.words.isEmpty && transcript.characters.isEmpty)
    #expect(transcript.confidence > 0.99)
    #expect(transcript.alternatives.count == 1 && transcript.alternatives[0].text == "")
  }

  @Test func `a model that always says A says it once, from the first frame to the last`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a.wav")
    let transcript = try decode([path], model: try model(biasing: 7, by: 1000, in: directory)).transcripts[0]
    #expect(transcript.text == "A")
    #expect(transcript.words.map(\.text) == ["A"])
    #expect(transcript.words[0].startSeconds == 0)
    #expect(transcript.words[0].endSeconds == 0.98)
    #expect(transcript.characters == transcript.words)
  }

  @Test func `frames behind a strided adapter are longer, and end within the recording`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a.wav")
    let always = try model("wav2vec2-adapter", biasing: 7, by: 1000, in: directory)
    let word = try decode([path], model: always).transcripts[0].words[0]
    #expect(word.startSeconds == 0)
    #expect(word.endSeconds <= 1)
    #expect(word.endSeconds > 0.9)
  }

  @Test func `emissions that are NaN are that input's failure`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a.wav")
    let result = try decode([path], model: try model(biasing: 3, by: .nan, in: directory))
    #expect(result.transcripts.isEmpty)
    #expect(result.failures.first?.contains("NaN or infinite at frame 0") == true)
  }

  @Test func `an interval of a recording is decoded like a file of its own`() throws {
    let samples = noise(48_000)
    let whole = directory.write(wav(samples), as: "whole.wav")
    let part = directory.write(wav(Array(samples[8000..<24_000])), as: "part.wav")
    let manifest = directory.write(
      #"{"audio_filepath": "whole.wav", "id": "part", "offset": 0.5, "duration": 1.0}"#, as: "m.jsonl")
    var expected = try results(decode([part]).transcripts)[0]
    expected.audioPath = whole
    #expect(try results(decode([manifest]).transcripts) == [expected])
  }

  @Test func `chunks give the times of the whole recording`() throws {
    let path = directory.write(wav(noise(160_000)), as: "a.wav")
    let always = try model(biasing: 7, by: 1000, in: directory)
    let whole = try decode([path], model: always).transcripts[0]
    let chunked = try decode([path, path], model: always, chunkSeconds: 3).transcripts[0]
    #expect(chunked.words.map(\.endSeconds) == whole.words.map(\.endSeconds))
    #expect(chunked.text == "A")
    #expect(whole.words[0].endSeconds == 9.98)
  }

  @Test func `the language chooses adapter, head and vocabulary`() throws {
    let path = directory.write(wav(noise(16_000)), as: "a.wav")
    let model = goldenModel("wav2vec2-mms")
    let saved = try decode([path], model: model).transcripts[0].text
    #expect(try decode([path], model: model, language: "eng").transcripts[0].text == saved)
    #expect(try decode([path], model: model, language: "fra").transcripts[0].text != saved)
    #expect(throws: (any Error).self) { try decode([path], model: model, language: "deu") }
  }

  @Test func `a run stops after the batch in hand`() throws {
    let paths = recordings(40)
    let pipeline = try DecodePipeline(modelDirectory: goldenModel("hubert-base"), threads: 1)
    var delivered = 0
    try pipeline.run(InputListing(paths).entries, shouldStop: { delivered > 0 }) { event in
      if case .transcript = event { delivered += 1 }
    }
    #expect(delivered > 0 && delivered < 40)
  }

  @Test func `what deliver throws ends the run`() throws {
    struct Enough: Error {}
    let pipeline = try DecodePipeline(modelDirectory: goldenModel("hubert-base"), threads: 1)
    #expect(throws: Enough.self) {
      try pipeline.run(InputListing(recordings(5)).entries, shouldStop: { false }) { _ in throw Enough() }
    }
  }
}
