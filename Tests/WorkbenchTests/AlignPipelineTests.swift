import CTC
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Workbench

@Suite struct `The align pipeline` {
  let directory = TemporaryDirectory()

  private func align(
    _ inputs: [String], text: String?, model: String = goldenModel("hubert-base"), threads: Int = 1,
    chunkSeconds: Double? = nil, _ change: (inout AlignmentOptions) -> Void = { _ in }
  ) throws -> (aligned: [AlignedTranscript], failures: [String]) {
    var options = AlignmentOptions()
    options.wordEnds = .spike
    change(&options)
    var recordings = RecordingOptions()
    recordings.chunkSeconds = chunkSeconds
    let pipeline = try AlignPipeline(
      modelDirectory: model, threads: threads, options: options, recordings: recordings)
    var aligned: [AlignedTranscript] = []
    var failures: [String] = []
    let entries = try InputEntry.entries(InputListing(inputs).entries, text: text)
    try pipeline.run(entries, shouldStop: { false }) { event in
      switch event {
      case .alignment(let transcript): aligned.append(transcript)
      case .failure(let failure): failures.append(failure.description)
      case .underway: break
      }
    }
    return (aligned, failures)
  }

  private func recording(_ samples: Int = 48_000) -> String {
    directory.write(wav(noise(samples)), as: "a.wav")
  }

  /// A recording of noise of which greedy decoding makes several words that the vocabulary writes as they
  /// were heard: no special tokens, no delimiters but one between words.
  private func heardAsWritten() throws -> (path: String, heard: Transcript) {
    let vocabulary = try CTCVocabulary(directory: goldenModel("hubert-base"))
    let paths = (0..<150).map {
      directory.write(wav(noise(4800 + 320 * $0, seed: UInt64($0))), as: "n\($0).wav")
    }
    let decoded = try decode(paths)
    let decoder = GreedyDecoder(blank: vocabulary.blank)
    let found = decoded.transcripts.indices.last { index in
      let labels = decoder.decode(decoded.emissions[index]).labels
      return decoded.transcripts[index].words.count > 2
        && (try? vocabulary.encode(decoded.transcripts[index].text)) == labels
    }
    let index = try #require(found)
    return (paths[index], decoded.transcripts[index])
  }

  @Test func `the text that greedy decoding heard is aligned as it was decoded`() throws {
    // The most probable of all paths is the most probable path of its text.
    let (path, heard) = try heardAsWritten()
    let aligned = try align([path], text: heard.text).aligned[0]
    #expect(aligned.words.map(\.timed) == heard.words)
    #expect(aligned.characters == heard.characters)
    #expect(aligned.text == heard.text && aligned.segments.count == 1)
    #expect(aligned.score <= heard.alternatives[0].acousticScore)
    // Delimiters are the text's too, so that only without them is the confidence the same.
    #expect(abs(aligned.confidence - heard.confidence) < 0.2)
    for word in aligned.words { #expect(word.score! <= 0 && !word.isWildcard) }
    #expect(aligned.notes.isEmpty && aligned.untranscribed.isEmpty)
  }

  @Test func `a word's end with its sound lies at its tokens' end or behind it`() throws {
    let (path, heard) = try heardAsWritten()
    let spikes = try align([path], text: heard.text).aligned[0]
    let sounds = try align([path], text: heard.text) { $0.wordEnds = .sound }.aligned[0]
    for (spike, sound) in zip(spikes.words, sounds.words) {
      #expect(sound.timed.startSeconds <= spike.timed.startSeconds)
      #expect(sound.timed.endSeconds >= spike.timed.endSeconds)
      #expect(sound.timed.endSeconds <= spike.timed.endSeconds + 0.3 + 1e-9)
      #expect(sound.timed.confidence == spike.timed.confidence)
    }
    for (word, next) in zip(sounds.words, sounds.words.dropFirst()) {
      #expect(word.timed.endSeconds <= next.timed.startSeconds)
    }
    // Characters share out their words' time.
    let times = sounds.characters.map { ($0.startSeconds, $0.endSeconds) }
    #expect(times.first!.0 == sounds.words.first!.timed.startSeconds)
    #expect(times.last!.1 == sounds.words.last!.timed.endSeconds)
    for (time, next) in zip(times, times.dropFirst()) { #expect(time.0 < time.1 && time.1 <= next.0) }
    #expect(
      try align([path], text: heard.text) {
        $0.longestExtensionSeconds = 0; $0.wordEnds = .sound
      }
      .aligned[0].words == spikes.words)
  }

  @Test func `wildcards take the place of what the vocabulary has not, and it is said`() throws {
    let (path, heard) = try heardAsWritten()
    let words = heard.words.map(\.text)
    let text = "1984 " + words.dropFirst().joined(separator: " ") + "\n*"
    let aligned = try align([path], text: text).aligned[0]
    #expect(aligned.words[0].isWildcard && aligned.words[0].timed.confidence == 0)
    #expect(aligned.words.dropFirst().allSatisfy { !$0.isWildcard })
    #expect(aligned.words[0].timed.startSeconds < aligned.words[0].timed.endSeconds)
    #expect(aligned.characters[0].text == "1984")
    #expect(
      aligned.notes.first == "\(heard.id): wildcards stand for what the vocabulary has not, in \"1984\"")
    let refused = try align([path], text: text) { $0.usesWildcards = false }
    #expect(refused.failures.count == 1 && refused.aligned.isEmpty)
    #expect(
      refused.failures[0].contains("1 word with characters that the vocabulary has not, the first \"1984\""))
  }

  @Test func `sound without a text is found at the ends if that is allowed`() throws {
    // It says A in every frame.
    let always = try model(biasing: 7, by: 1000, in: directory)
    let aligned = try align([recording(16_000)], text: "B", model: always) { $0.untranscribed = .ends }
      .aligned[0]
    #expect(!aligned.untranscribed.isEmpty)
    #expect(
      aligned.untranscribed.allSatisfy { stretch in
        aligned.words.allSatisfy {
          $0.timed.endSeconds <= stretch.lowerBound || $0.timed.startSeconds >= stretch.upperBound
        }
      })
    #expect(aligned.notes.count == 1 && aligned.notes[0].contains("of untranscribed sound"))
  }

  @Test func `texts that cannot be aligned are failures of one line with the numbers`() throws {
    let path = recording(16_000)
    for text in ["", " \n ", "*", "- ?!"] {
      let failures = try align([path], text: text).failures
      #expect(failures.count == 1 && failures[0].contains("no words to align"), "\(failures)")
    }
    let long = try align([path], text: String(repeating: "AAB ", count: 20)).failures
    // 3 labels a word, 19 delimiters, and a repeat a word.
    #expect(
      long == [
        "\(path): its text is too long: 79 labels and 20 repeats need 99 frames (1.98 s), found 49 (1.00 s); "
          + "check that the text is of this recording"
      ])
  }

  @Test func `emissions that are NaN are that input's failure`() throws {
    let path = recording(16_000)
    let result = try align([path], text: "A", model: try model(biasing: 3, by: .nan, in: directory))
    #expect(result.aligned.isEmpty)
    #expect(result.failures.first?.contains("NaN or infinite at frame 0") == true)
  }

  @Test func `a manifest's rows take their own texts, and one without is a failure`() throws {
    _ = recording()
    let manifest = directory.write(
      """
      {"audio_filepath": "a.wav", "id": "x", "text": "AN E"}
      {"audio_filepath": "a.wav", "id": "y"}
      {"audio_filepath": "b.wav", "id": "z", "text": "A"}
      """, as: "m.jsonl")
    let result = try align([manifest], text: nil)
    #expect(result.aligned.map(\.id) == ["x"])
    #expect(result.aligned[0].words.map(\.timed.text) == ["AN", "E"])
    #expect(result.failures.count == 2)
    #expect(result.failures[0].contains("has no text to align"))
    #expect(result.failures[1].contains("b.wav: cannot be read"))
    #expect(throws: UsageError.self) { try align([manifest], text: "A") }
    #expect(throws: UsageError.self) { try align([directory.file("a.wav")], text: nil) }
  }

  @Test func `neither threads nor chunks that need not be change a result`() throws {
    let path = recording()
    func result(threads: Int, chunkSeconds: Double?) throws -> AlignedTranscript {
      var aligned = try align([path], text: "AN E\nBE", threads: threads, chunkSeconds: chunkSeconds).aligned[
        0]
      aligned.cost = .init()
      return aligned
    }
    let one = try result(threads: 1, chunkSeconds: nil)
    #expect(try result(threads: 3, chunkSeconds: 30) == one)
    #expect(one.segments.map(\.text) == ["AN E", "BE"])
    #expect(one.segments[0].endSeconds <= one.segments[1].startSeconds)
    #expect(try result(threads: 1, chunkSeconds: 1.5).words.count == 3)
  }

  @Test func `--text is a file's words where there is one`() throws {
    let path = directory.write("\u{FEFF}ein text\n", as: "t.txt")
    #expect(try GivenText(path).text == "ein text\n")
    #expect(try GivenText("ein text").text == "ein text")
    #expect(try GivenText("yes").text == "yes")
    #expect(try GivenText("and/or what").text == "and/or what")
    for name in ["absent.txt", directory.file("absent")] {
      let failure = #expect(throws: InputFailure.self) { try GivenText(name) }
      #expect(failure?.description.hasPrefix("\(name): no such text: No such file") == true)
    }
    let latin = directory.write([0x66, 0xFC, 0x72], as: "latin.txt")
    #expect(throws: InputFailure.self) { try GivenText(latin) }
    #expect(throws: InputFailure.self) { try GivenText(directory.path) }
  }
}
