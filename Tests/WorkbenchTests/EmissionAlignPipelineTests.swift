import CTC
import Checkpoints
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Workbench

@Suite struct `Aligning emissions` {
  private let directory = TemporaryDirectory()
  private let model = goldenModel("hubert-base")

  private func run(
    _ inputs: [String], _ texts: EmissionTexts, vocabulary: String? = nil
  ) throws -> (aligned: [AlignedTranscript], failures: [String]) {
    var options = AlignmentOptions()
    options.wordEnds = .spike
    let pipeline = try EmissionAlignPipeline(
      inputs, texts: texts, vocabulary: vocabulary ?? "\(model)/vocab.json", options: options)
    var aligned: [AlignedTranscript] = []
    var failures: [String] = []
    try pipeline.run(shouldStop: { false }) { event in
      switch event {
      case .alignment(let transcript): aligned.append(transcript)
      case .failure(let failure): failures.append(failure.description)
      case .underway: break
      }
    }
    return (aligned, failures)
  }

  /// The emissions of a recording, kept as `decode --emissions` keeps them.
  private func keep(_ recording: String, as name: String) throws -> String {
    let emissions = try decode([recording]).emissions[0]
    let path = "\(directory.path)/\(name).npy"
    try NumPyFile.write(
      emissions.logPosteriors, shape: [emissions.frames, emissions.vocabularySize], to: path)
    return path
  }

  @Test func `words are where they are in the recording itself`() throws {
    let recording = directory.write(wav(noise(48_000)), as: "a.wav")
    let text = "an egg\nof 2 *"
    var options = AlignmentOptions()
    options.wordEnds = .spike
    let pipeline = try AlignPipeline(modelDirectory: model, threads: 1, options: options)
    var expected: AlignedTranscript?
    try pipeline.run(
      InputEntry.entries(InputListing([recording]).entries, text: text), shouldStop: { false }
    ) { event in if case .alignment(let transcript) = event { expected = transcript } }
    let path = try keep(recording, as: "a")
    let (aligned, failures) = try run([path], .one(text))
    #expect(failures.isEmpty && aligned.count == 1)
    #expect(aligned[0].words == expected?.words && aligned[0].characters == expected?.characters)
    #expect(aligned[0].score == expected?.score && aligned[0].segments == expected?.segments)
    #expect(aligned[0].id == "a" && aligned[0].audioPath == path)
    // 149 frames.
    #expect(aligned[0].durationSeconds == 2.98)
  }

  @Test func `texts of a manifest find their emissions by id, and what has no partner is named`() throws {
    let recording = directory.write(wav(noise(16_000)), as: "a.wav")
    let paths = try ["x", "y", "z"].map { try keep(recording, as: $0) }
    let manifest = directory.write(
      """
      {"audio_filepath": "y.wav", "id": "part/y", "text": "egg"}
      {"audio_filepath": "x.wav", "id": "x", "text": "an"}
      {"audio_filepath": "w.wav", "id": "w", "text": "of"}
      """, as: "m.jsonl")
    let (aligned, failures) = try run(paths, .manifest(manifest))
    #expect(aligned.map(\.id) == ["x", "y"] && aligned.map(\.text) == ["an", "egg"])
    #expect(
      failures == [
        "\(paths[2]): \(manifest) has no row of the id z; leave it out",
        "\(manifest): w: no emissions of that id; make them with decode --emissions",
      ])
  }

  @Test func `one text for several emissions is refused, as are emissions that are none`() throws {
    let recording = directory.write(wav(noise(16_000)), as: "a.wav")
    let paths = try ["x", "y"].map { try keep(recording, as: $0) }
    #expect(throws: UsageError.self) { try run(paths, .one("egg")) }
    let broken = directory.write(Array(contents(of: paths[0]).dropLast(9)), as: "broken.npy")
    #expect(try run([broken], .one("egg")).failures.first?.hasPrefix("\(broken): ") == true)
    #expect(try run([paths[0]], .one("")).failures.first?.contains("no words to align") == true)
  }
}
