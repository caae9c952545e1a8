import CTC
import Checkpoints
import Glibc
import TestSupport
import Testing
import Workbench

/// Real speech through the checkpoint that ships, against what transformers made of it
/// (`scripts/goldens/tiny.py`).
@Suite struct `The shipped checkpoint` {
  static let root = golden("").split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  static let model = "\(root)/Models/warbler-tiny"
  static let corpus = "\(root)/Corpora/espeak-en/manifest.jsonl"

  @Test func `every text of the embedded corpus is transformers'`() throws {
    let lines = String(decoding: contents(of: golden("warbler-tiny/transcripts.tsv")), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("id\t") }
    let expected = lines.map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      // Runs of spaces become one here.
      return (id: String(fields[0]), text: fields[1].split(separator: " ").joined(separator: " "))
    }
    let transcripts = try decode([Self.corpus], model: Self.model).transcripts
    #expect(expected.count == 27)
    #expect(transcripts.map(\.id) == expected.map(\.id))
    #expect(transcripts.map(\.text) == expected.map(\.text))
  }

  @Test func `its log-posteriors are within 1e-3 of transformers'`() throws {
    let file = try TensorFile(path: golden("warbler-tiny/posteriors.safetensors"))
    let decoded = try decode([Self.corpus], model: Self.model)
    let prefix = "log_posteriors."
    var compared = 0
    for tensor in file.tensors where tensor.name.hasPrefix(prefix) {
      let id = String(tensor.name.dropFirst(prefix.count))
      let index = try #require(decoded.transcripts.firstIndex { $0.id == id })
      let emissions = decoded.emissions[index]
      #expect(tensor.shape == [emissions.frames, emissions.vocabularySize])
      let reference = try file.floats(tensor.name)
      #expect(zip(emissions.logPosteriors, reference).allSatisfy { abs($0 - $1) < 1e-3 }, "\(id)")
      compared += 1
    }
    #expect(compared == 4)
  }
}
