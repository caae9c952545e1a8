import Checkpoints
import Evaluation
import TestSupport
import Testing
import Workbench

#if canImport(Glibc)
import Glibc
#endif

@Suite struct `Tuning a decoder` {
  private let directory = TemporaryDirectory()
  private let vocabulary: String
  private let manifest: String

  init() throws {
    vocabulary = directory.write(#"{"<pad>": 0, "|": 1, "A": 2, "B": 3}"#, as: "vocab.json")
    // The sound says B a little more than A; the language model knows A alone.
    for (id, first) in [("x", 2), ("y", 3)] {
      let rows = [first, 0, 1, 0, 3].flatMap { token -> [Float] in
        let likely: [Float] = token == 3 ? [0.01, 0.01, 0.43, 0.55] : [0.01, 0.01, 0.01, 0.01]
        let sum = likely.reduce(0, +)
        return likely.enumerated().map { log(token == 3 ? $1 / sum : $0 == token ? 0.97 : 0.01) }
      }
      try NumPyFile.write(rows, shape: [5, 4], to: "\(directory.path)/\(id).npy")
    }
    manifest = directory.write(
      """
      {"audio_filepath": "x.wav", "id": "x", "text": "a a"}
      {"audio_filepath": "y.wav", "id": "y", "text": "a a"}
      """, as: "said.jsonl")
  }

  private var inputs: [String] { ["x", "y"].map { "\(directory.path)/\($0).npy" } }

  private func languageModel() -> String {
    directory.write(
      "\\data\\\nngram 1=4\n\n\\1-grams:\n-2\t<unk>\n-99\t<s>\n-0.5\t</s>\n-0.2\tA\n\n\\end\\\n",
      as: "lm.arpa")
  }

  private func set(_ inputs: [String], _ manifest: String? = nil) throws -> TuningSet {
    try TuningSet(
      emissions: inputs, manifest: manifest ?? self.manifest, vocabulary: vocabulary, blankToken: nil)
  }

  @Test(arguments: [1, 2]) func `finds the weight at which the language model is right`(threads: Int) throws {
    var tuning = try DecoderTuning(
      DecoderChoice(parsing: "beam:lm=\(languageModel()),lm-weight=0,width=20"),
      over: [TuningAxis(parsing: "lm-weight=0:2")], on: set(inputs), metric: .wer, threads: threads)
    var found = 0
    try tuning.search(limit: 100, shouldStop: { false }) { _ in found += 1 }
    #expect(found == tuning.points.count)
    let given = try #require(tuning.points.first)
    let best = try #require(tuning.best)
    #expect(given.values == [0] && given.rates.words.errors == 3 && given.rates.words.reference == 4)
    #expect(best.rates.words.errors == 0 && best.values[0] > 0)
    // Every decoder is tried once, and what is reported is what `decode` does with it.
    #expect(Set(tuning.points.map { "\($0.decoder)" }).count == tuning.points.count)
    for point in [given, best] {
      let pipeline = try EmissionPipeline(inputs, vocabulary: vocabulary, decoder: point.decoder)
      var texts: [String] = []
      try pipeline.run(shouldStop: { false }) { event in
        if case .transcript(let transcript, _) = event { texts.append(transcript.text) }
      }
      #expect(texts == (point.values == [0] ? ["A B", "B B"] : ["A A", "A A"]))
    }
    let widths = try tuning.measure(widths: [1, 20], shouldStop: { false })
    #expect(widths.map(\.width) == [1, 20] && widths[1].rates == best.rates)
  }

  @Test func `ends at its limit and when asked to, with the best so far`() throws {
    let choice = try DecoderChoice(parsing: "beam:lm=\(languageModel()),lm-weight=0.5")
    var tuning = try DecoderTuning(choice, over: [], on: set(inputs), metric: .cer, threads: 1)
    #expect(tuning.axes.map(\.key) == ["lm-weight", "word-score", "unk-score", "unk-token-score"])
    try tuning.search(limit: 7, shouldStop: { false }) { _ in }
    #expect(tuning.points.count == 7 && tuning.best != nil)
    var stopped = try DecoderTuning(choice, over: [], on: set(inputs), metric: .cer, threads: 1)
    try stopped.search(limit: 7, shouldStop: { true }) { _ in }
    #expect(stopped.points.isEmpty && stopped.best == nil)
  }

  @Test func `what has no partner is named`() throws {
    let other = directory.write(
      #"{"audio_filepath": "x.wav", "id": "folder/x", "text": "a"}"# + "\n"
        + #"{"audio_filepath": "z.wav", "id": "z", "text": "a"}"# + "\n"
        + #"{"audio_filepath": "w.wav", "id": "w"}"#,
      as: "other.jsonl")
    let set = try set(inputs, other)
    #expect(set.count == 1)
    #expect(
      set.failures.map(\.description) == [
        "\(other):3: no text; add what is said, or leave the row out",
        "\(inputs[1]): \(other) has no row of the id y; leave it out",
        "\(other): z: no emissions of that id; make them with decode --emissions",
      ])
  }

  @Test(arguments: [
    ("lm-wight", "no weight of that name"), ("lm-weight=1", "expected lm-weight=LOW:HIGH"),
    ("word-score=2:1", "the smaller one first"), ("lm-weight=-1:1", "lm-weight is not negative"),
    ("word-score=nan:1", "expected word-score=LOW:HIGH"),
  ])
  func `a range that is none is refused`(text: String, says: String) {
    do throws(UsageError) {
      _ = try TuningAxis(parsing: text)
      Issue.record("\(text) was taken")
    } catch { #expect(error.description.contains("--over \(text): ") && error.description.contains(says)) }
  }

  @Test func `a weight that the beam has no use for is refused`() throws {
    let plain = try DecoderChoice(parsing: "beam")
    let set = try set(inputs)
    #expect(throws: UsageError.self) {
      try DecoderTuning(plain, over: [TuningAxis(parsing: "lm-weight")], on: set, metric: .wer, threads: 1)
    }
    #expect(throws: UsageError.self) {
      try DecoderTuning(.greedy, over: [], on: set, metric: .wer, threads: 1)
    }
  }
}
