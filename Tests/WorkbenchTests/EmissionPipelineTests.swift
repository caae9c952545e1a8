import CTC
import Checkpoints
import TestSupport
import Testing
import Workbench

#if canImport(Glibc)
import Glibc
#endif

@Suite struct `Decoding emissions` {
  private let directory = TemporaryDirectory()
  private let vocabulary: String

  init() {
    vocabulary = directory.write(#"{"<pad>": 0, "|": 1, "A": 2, "B": 3}"#, as: "vocab.json")
  }

  /// Log-posteriors that say one token a frame, as much as `certainty` lets them.
  private func rows(_ tokens: [Int], certainty: Float = 0.97, shift: Float = 0) -> [Float] {
    tokens.flatMap { token in
      (0..<4).map { log($0 == token ? certainty : (1 - certainty) / 3) + shift }
    }
  }

  private func write(_ values: [Float], shape: [Int], _ name: String) throws -> String {
    try NumPyFile.write(values, shape: shape, to: "\(directory.path)/\(name)")
    return "\(directory.path)/\(name)"
  }

  private func decode(_ inputs: [String], _ decoder: String = "beam") throws -> (
    transcripts: [Transcript], failures: [String]
  ) {
    let pipeline = try EmissionPipeline(
      inputs, vocabulary: vocabulary, decoder: DecoderChoice(parsing: decoder), identifiesSound: true)
    var transcripts: [Transcript] = []
    var failures: [String] = []
    try pipeline.run(shouldStop: { false }) { event in
      switch event {
      case .transcript(let transcript, _): transcripts.append(transcript)
      case .failure(let failure): failures.append(failure.description)
      case .underway: break
      }
    }
    return (transcripts, failures)
  }

  @Test(arguments: ["greedy", "beam:width=8"]) func `text, words and times of a file`(decoder: String) throws
  {
    let path = try write(rows([0, 2, 2, 3, 1, 0, 2, 0]), shape: [8, 4], "a.npy")
    let (transcripts, failures) = try decode([path], decoder)
    #expect(failures.isEmpty && transcripts.count == 1)
    let transcript = transcripts[0]
    #expect(transcript.id == "a" && transcript.text == "AB A" && transcript.audioPath == path)
    #expect(transcript.durationSeconds == 0.16)
    #expect(transcript.words.map(\.text) == ["AB", "A"])
    #expect(transcript.words.map(\.startSeconds) == [0.02, 0.12])
    #expect(transcript.words.map(\.endSeconds) == [0.08, 0.14])
    #expect(transcript.words.allSatisfy { abs($0.confidence - 0.97) < 1e-5 })
    #expect(transcript.characters.map(\.text) == ["A", "B", "A"])
    #expect(transcript.sound?.hash.count == 64)
  }

  @Test func `logits give what their log-posteriors give`() throws {
    let posteriors = try write(rows([2, 0, 3, 1, 2]), shape: [5, 4], "a.npy")
    let logits = try write(rows([2, 0, 3, 1, 2], shift: 3.5), shape: [5, 4], "b.npy")
    let (transcripts, _) = try decode([posteriors, logits], "beam:width=2000,nbest=4")
    #expect(transcripts[0].text == transcripts[1].text)
    for (a, b) in zip(transcripts[0].alternatives, transcripts[1].alternatives) {
      // Five frames' logits, rounded at 3.5.
      #expect(abs(a.acousticScore - b.acousticScore) < 5e-6)
    }
    #expect(transcripts[0].alternatives.count == 4)
  }

  @Test func `a safetensors file has an utterance a tensor, a directory has both kinds`() throws {
    var writer = SafetensorsWriter()
    writer.add("talk/one", shape: [2, 4], rows([2, 3]))
    writer.add("talk/two", shape: [1, 4], rows([3]))
    directory.folder("d")
    try writer.write(to: "\(directory.path)/d/e.safetensors")
    try NumPyFile.write(rows([2]), shape: [1, 4], to: "\(directory.path)/d/c.npy")
    let (transcripts, failures) = try decode(["\(directory.path)/d"])
    #expect(failures.isEmpty)
    #expect(transcripts.map(\.id) == ["c", "talk/one", "talk/two"])
    #expect(transcripts.map(\.text) == ["A", "AB", "B"])
  }

  @Test func `what is no emissions is one line each, and the rest is decoded`() throws {
    var nan = rows([2, 3])
    nan[5] = .nan
    let inputs = [
      try write(rows([2]), shape: [1, 4], "good.npy"),
      try write(nan, shape: [2, 4], "nan.npy"),
      try write([Float](repeating: -1, count: 10), shape: [2, 5], "wide.npy"),
      try write([Float](repeating: -1, count: 8), shape: [1, 2, 4], "batch.npy"),
      try write([], shape: [0, 4], "empty.npy"),
      try write(rows([2, 3]).map { exp($0) }, shape: [2, 4], "linear.npy"),
      directory.write([1, 2, 3], as: "short.npy"), "\(directory.path)/absent.npy",
    ]
    let (transcripts, failures) = try decode(inputs)
    #expect(transcripts.map(\.id) == ["good"])
    let expected = [
      "nan.npy: frame 1 holds NaN or +inf", "wide.npy: expected 4 columns, the vocabulary's tokens, found 5",
      "batch.npy: shape: expected two dimensions", "empty.npy: holds no frame",
      "linear.npy: holds probabilities; save their natural logarithms",
      "short.npy: expected a NumPy .npy file",
      "absent.npy: cannot be read",
    ]
    #expect(failures.count == expected.count)
    for (failure, says) in zip(failures, expected) {
      #expect(failure.contains(says), "\(failure)")
      #expect(!failure.contains("\n"))
    }
  }

  @Test func `a lexicon, hotwords and a language model come from files, whose faults name the line`() throws {
    let path = try write(rows([2, 3, 1, 2], certainty: 0.6), shape: [4, 4], "a.npy")
    let lexicon = directory.write("Ab\tA B |\nbA\tB A |\n", as: "lexicon.txt")
    #expect(try decode([path], "beam:lexicon=\(lexicon)").transcripts[0].words.map(\.text).first == "Ab")
    let hotwords = directory.write("# names\nBA\t9.5\n", as: "hotwords.tsv")
    #expect(try decode([path], "beam:hotwords=\(hotwords)").transcripts[0].text.contains("BA"))
    let arpa = directory.write(
      "\\data\\\nngram 1=5\n\n\\1-grams:\n-1\t<unk>\n0\t<s>\n-1\t</s>\n-0.1\tAA\n-2\tAB\n\n\\end\\\n",
      as: "lm.arpa")
    let model = try decode([path], "beam:lm=\(arpa),lm-weight=3,unk-score=-20").transcripts[0]
    #expect(model.text.split(separator: " ").allSatisfy { $0 == "AA" || $0 == "AB" })
    #expect(model.alternatives[0].languageModelScore != nil)
    let faults = [
      ("lexicon", "AB\nABX\n", "line 2: expected characters of the vocabulary, found \"ABX\" with X"),
      ("lexicon", "AB\tA Q\n", "line 1: expected tokens of the vocabulary, found \"Q\""),
      ("lexicon", "\n", "expected words, one a line, found none"),
      ("hotwords", "AB\n", "line 1: expected phrase<TAB>weight"),
      ("hotwords", "AB\t1\nAB\tinf\n", "line 2: expected phrase<TAB>weight"),
      ("hotwords", "ABX\t1\n", "line 1: expected characters of the vocabulary"),
      ("lm", "hello\n", "expected"),
    ]
    for (key, text, says) in faults {
      let file = directory.write(text, as: "fault")
      do {
        _ = try decode([path], "beam:\(key)=\(file)")
        Issue.record("\(text) was taken as a \(key)")
      } catch {
        let line = "\(error)"
        #expect(line.hasPrefix(file) && line.contains(says) && !line.contains("\n"), "\(line)")
      }
    }
  }
}
