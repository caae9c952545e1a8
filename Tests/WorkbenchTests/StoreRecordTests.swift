import Audio
import Hashing
import JSON
import Store
import TestSupport
import Testing

@testable import Workbench

@Suite struct `The identity of a sound` {
  let directory = TemporaryDirectory()

  private func sounds(_ inputs: [String], pcm: Int? = nil) throws -> [SoundIdentity?] {
    var options = RecordingOptions()
    options.identifiesSound = true
    options.pcmSampleRate = pcm
    let pipeline = try DecodePipeline(modelDirectory: goldenModel(), threads: 1, options: options)
    var sounds: [SoundIdentity?] = []
    try pipeline.run(InputListing(inputs).entries, shouldStop: { false }) { event in
      if case .transcript(let transcript, _) = event { sounds.append(transcript.sound) }
    }
    return sounds
  }

  @Test func `is the hash of its bytes; of an interval, that and its bounds`() throws {
    let bytes = wav(noise(32_000))
    directory.write(bytes, as: "a.wav")
    directory.write(bytes, as: "b.wav")
    let manifest = directory.write(
      """
      {"audio_filepath": "a.wav", "id": "1", "offset": 0.5, "duration": 1}
      {"audio_filepath": "b.wav", "id": "2", "offset": 0.5, "duration": 1.0}
      {"audio_filepath": "b.wav", "id": "3", "offset": 0.5}
      """, as: "m.jsonl")
    let whole = try sounds([directory.file("a.wav"), directory.file("b.wav")])
    #expect(whole.map { $0?.hash } == [SHA256.hex(of: bytes), SHA256.hex(of: bytes)])
    let parts = try sounds([manifest])
    #expect(parts.allSatisfy { $0?.recordingHash == SHA256.hex(of: bytes) })
    #expect(
      parts.map { $0?.hash }
        == ["1.0", "1.0", "end"].map {
          SHA256.hex(of: "\(SHA256.hex(of: bytes)) offset=0.5 duration=\($0)")
        })
  }

  @Test func `is not asked for unless there is a store`() throws {
    let path = directory.write(wav(noise(8000)), as: "a.wav")
    #expect(try decode([path]).transcripts[0].sound == nil)
  }

  @Test func `of raw samples knows their rate`() throws {
    var hashes = RecordingHashes()
    let samples = pcm(noise(100))
    let slow = try hashes.hash(of: .pcm16LittleEndian(samples, sampleRate: 8000, name: "stdin"))
    #expect(slow == SHA256.hex(of: Array("pcm16le 8000\n".utf8) + samples))
    #expect(try hashes.hash(of: .pcm16LittleEndian(samples, sampleRate: 16_000, name: "stdin")) != slow)
  }
}

@Suite struct `A checkpoint's entry in a store` {
  let directory = TemporaryDirectory()

  @Test func `has the hash of its weights, which is kept for as long as the file is the same`() throws {
    let store = try Store(path: directory.file("warbler.db"))
    directory.folder("model")
    for name in names(in: goldenModel()) {
      directory.write(contents(of: "\(goldenModel())/\(name)"), as: "model/\(name)")
    }
    let path = directory.file("model")
    let weights = "\(path)/model.safetensors"
    let hash = try SHA256.hex(ofFile: weights)
    let entry = try CheckpointEntry(directory: path, hashesKeptIn: store)
    #expect(entry.hash == hash && entry.path == path && entry.architecture == "HubertForCTC")
    #expect(entry.parameterCount == (try CheckpointReport(directory: path).parameterCount()))
    // A wrong hash that the store keeps shows that it is asked.
    let state = try #require(FileState(of: weights))
    #expect(try store.hash(of: state) == hash)
    try store.keep(hash: "kept", of: state)
    #expect(try CheckpointEntry(directory: path, hashesKeptIn: store).hash == "kept")
    directory.write(contents(of: weights), as: "model/model.safetensors")
    #expect(try CheckpointEntry(directory: path, hashesKeptIn: store).hash == hash)
  }
}

@Suite struct `A table` {
  @Test func `lines its columns up, numbers to the right`() {
    var table = TextTable("name", "#count", "text")
    table.add("a", "1", "one\nline")
    table.add("longer", "20", "")
    #expect(table.text == "NAME    COUNT  TEXT\na           1  one\\nline\nlonger     20\n")
  }

  @Test func `shows metrics in a few digits`() {
    let metrics: JSONValue = ["step": 10, "loss": 1.23456, "learning_rate": 0.00003, "epoch": 2]
    #expect(StoreTables.metrics(metrics) == "loss 1.2346, learning_rate 3e-05, epoch 2")
  }
}
