import TestSupport
import Testing

@testable import LanguageModel

@Suite struct `Quantisation` {
  let directory = TemporaryDirectory()

  @Test func `an order of few values is kept exactly, through the file too`() throws {
    let model = try openLanguageModel(directory.write(small, as: "lm"))
    let path = directory.file("q")
    try model.quantized(bits: 8, path: "").write(to: path)
    let quantized = try openLanguageModel(path)
    try quantized.verify(path: path)
    #expect(quantized.quantizationBits == 8)
    for sentence in ["a b", "b a x b", "b b a a", ""] {
      #expect(quantized.scores(sentence) == model.scores(sentence))
    }
    let again = directory.file("arpa")
    try quantized.writeARPA(to: again)
    #expect(try openLanguageModel(again).scores("b a x b") == model.scores("b a x b"))
  }

  @Test(arguments: [8, 12, 16])
  func `more values become means of bins, as many in each`(bits: Int) {
    var generator = Seeded(2)
    let values = (0..<100_000).map { _ in -4 * Float.random(in: 0...1, using: &generator) }
    let book = Codebook(values, bits: bits)
    #expect(book.levels.count == 1 << bits && book.levels == book.levels.sorted())
    // A bin is about 4 / 2^bits wide; the widest of so many random ones is some times wider.
    let worst = values.map { abs($0 - book.levels[book.code($0)]) }.max() ?? 1
    #expect(worst < 4 / Float(1 << bits) * (bits == 16 ? 12 : 3), "\(worst)")
    let mean = values.reduce(0.0) { $0 + Double($1 - book.levels[book.code($1)]) } / Double(values.count)
    #expect(abs(mean) < 1e-4)
  }

  @Test func `a back-off of nothing stays nothing`() {
    var generator = Seeded(4)
    let values = (0..<10_000).map { $0 % 3 == 0 ? 0 : -2 * Float.random(in: 0...1, using: &generator) }
    let book = Codebook(values, bits: 8, keepsZero: true)
    #expect(book.levels[book.code(0)] == 0)
    #expect(Codebook([], bits: 8).code(-1) == 0)
  }

  @Test(arguments: [8, 10, 16])
  func `states stay, scores change by no more than the levels are apart`(bits: Int) throws {
    let model = try openLanguageModel(golden("order5.arpa"))
    let quantized = try model.quantized(bits: bits, path: "")
    var generator = Seeded(6)
    var state = model.start
    for _ in 0..<2000 {
      let word = WordID(rawValue: UInt32.random(in: 0..<UInt32(model.wordCount), using: &generator))
      let (plain, coded) = (model.log10Score(word, after: state), quantized.log10Score(word, after: state))
      #expect(plain.next == coded.next)
      // An order has at most 220 values between -4 and 0.2, which 2^8 levels keep.
      #expect(plain.log10Probability == coded.log10Probability)
      state = plain.next
    }
  }

  @Test func `a model is quantised once, and within what fits`() throws {
    let model = try openLanguageModel(directory.write(small, as: "lm"))
    let quantized = try model.quantized(bits: 9, path: "x.bin")
    do {
      _ = try quantized.quantized(bits: 8, path: "x.bin")
      Issue.record("quantised twice")
    } catch {
      #expect(error.description.hasPrefix("x.bin: expected a model that is not quantised, found 9 bits; "))
    }
    #expect(NgramModel.keyBits(words: 1 << 20, nodes: 1 << 28) == 48)
    #expect(NgramModel.keyBits(words: 1 << 20 + 1, nodes: 1 << 28) == 49)
    #expect(NgramModel.quantizationFault(bits: 16, words: 1 << 20, nodes: 1 << 28, path: "p") == nil)
    let fault = NgramModel.quantizationFault(bits: 16, words: 1 << 21, nodes: 1 << 28, path: "p")
    #expect(fault?.kind == .tooLarge && fault?.description.contains("of 48 bits beside 16") == true)
  }
}
