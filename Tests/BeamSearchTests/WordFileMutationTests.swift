import BeamSearch
import LanguageModel
import TestSupport
import Testing
import Vocabulary

/// Lexicons and hotword files with bytes changed, cut out, put in or missing at the end: each is read or refused
/// in one line that begins with the file, and what is read can be searched with.
@Suite struct `Damaged lexicons and hotword files` {
  private let directory = TemporaryDirectory()

  private static let lexicon = "cat\tc a t |\ncat\tk a t |\nact\ntact\tt a c t |\nca t\n\n"
  private static let hotwords = "# towns\ncat\t1.5\ntact act\t-2e0\nact\t10\n"

  /// Up to four changes.
  private func mutated(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int(random.next() % 4) {
      guard !bytes.isEmpty else { break }
      let place = Int(random.next() % UInt64(bytes.count))
      switch random.next() % 5 {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes.remove(at: place)
      case 2: bytes.removeSubrange(place...)
      case 3: bytes.insert([0x09, 0x0A, 0x20, 0x2D, 0xFF][Int(random.next() % 5)], at: place)
      default: bytes.insert(contentsOf: bytes[..<place], at: place)
      }
    }
    return bytes
  }

  private func check(
    _ original: String, seed: UInt64, _ read: (_ path: String) throws -> DecodingGraph
  ) throws {
    var random = Seeded(seed)
    let emissions = randomEmissions(frames: 6, size: 6, among: 6, &random)
    var (taken, refused) = (0, 0)
    for number in 0..<1500 {
      let path = directory.write(mutated(Array(original.utf8), &random), as: "file")
      do {
        var decoder = BeamDecoder(try read(path))
        taken += 1
        for hypothesis in decoder.decode(emissions) { #expect(!hypothesis.score.isNaN, "\(number)") }
      } catch {
        refused += 1
        let line = "\(error)"
        #expect(line.hasPrefix(path) && !line.contains("\n") && line.utf8.count < 1000, "\(number): \(line)")
        #expect(error is WordFileError || error is LanguageModelError, "\(number): \(type(of: error))")
      }
    }
    // Both happen often, or nothing has been tried.
    #expect(taken > 100 && refused > 100, "\(taken) taken, \(refused) refused")
  }

  @Test func `lexicons`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "c", "a", "t", "k", "|"])
    try check(Self.lexicon, seed: 1) { path in
      DecodingGraph(vocabulary: vocabulary, lexicon: try Lexicon(path: path, vocabulary: vocabulary))
    }
  }

  @Test func `hotwords`() throws {
    let vocabulary = try CTCVocabulary(tokens: ["<pad>", "c", "a", "t", "k", "|"])
    try check(Self.hotwords, seed: 2) { path in
      DecodingGraph(vocabulary: vocabulary, hotwords: try Hotwords(path: path, vocabulary: vocabulary))
    }
  }
}
