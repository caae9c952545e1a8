import TestSupport
import Testing
import Vocabulary

@testable import Training

struct HeadTransplantTests {
  private let special = ["<pad>", "<s>", "</s>", "<unk>", "|"]

  @Test("roles come first, then exact tokens, then those that differ in case alone, each row once")
  func origins() throws {
    let old = try CTCVocabulary(tokens: special + ["E", "T", "s", "q", "Ä"])
    var settings = TokenizerSettings()
    settings.padToken = "[PAD]"
    settings.wordDelimiterToken = "_"
    settings.unknownToken = "[UNK]"
    let new = try CTCVocabulary(
      tokens: ["_", "t", "T", "e", "ä", "S", "s", "x", "[UNK]", "[PAD]", "<s>", "</s>", "Q"],
      settings: settings)
    let transplant = HeadTransplant(from: old, oldClasses: 10, to: new)
    #expect(transplant.origins == [4, nil, 6, 5, 9, nil, 7, nil, 3, 0, 1, 2, 8])
    #expect(transplant.keptClasses == 10)
    // A head without the last of its vocabulary's tokens.
    #expect(HeadTransplant(from: old, oldClasses: 9, to: new).origins[4] == nil)
  }

  @Test("rows that are known keep weights and bias; the others are drawn, or zero, and have no bias")
  func rows() throws {
    let old = try CTCVocabulary(tokens: special + ["A", "B"])
    let new = try CTCVocabulary(tokens: special + ["B", "C"])
    let transplant = HeadTransplant(from: old, oldClasses: 7, to: new)
    let head = HeadTransplant.Head(inputs: 500, weights: random(3500, 1), bias: random(7, 2))
    let made = transplant.head(from: head, drawing: .normal(0.02), seed: 9)
    #expect(made.bias == head.bias[..<5] + [head.bias[6], 0])
    #expect(Array(made.weights[..<2500]) == Array(head.weights[..<2500]))
    #expect(made.weights[2500..<3000] == head.weights[3000...])
    let drawn = made.weights[3000...]
    let deviation = (drawn.reduce(0) { $0 + $1 * $1 } / 500).squareRoot()
    // 500 numbers: the standard error of their deviation is a 32nd of it.
    #expect(abs(deviation / 0.02 - 1) < 6.0 / 32)
    #expect(transplant.head(from: head, drawing: .normal(0.02), seed: 9) == made)
    #expect(transplant.head(from: head, drawing: .normal(0.02), seed: 10) != made)
    let flat = transplant.head(from: head, drawing: .constant(0), seed: 9)
    #expect(
      flat.bias == made.bias && flat.weights == made.weights[..<3000] + [Float](repeating: 0, count: 500))
  }

  @Test("the same vocabulary keeps every row")
  func identity() throws {
    let vocabulary = CTCVocabulary(charactersOf: ["hello wörld"])
    let transplant = HeadTransplant(from: vocabulary, oldClasses: vocabulary.count, to: vocabulary)
    #expect(transplant.origins == (0..<vocabulary.count).map { $0 })
  }
}
