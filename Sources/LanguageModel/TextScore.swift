#if canImport(Glibc)
import Glibc
#endif

/// What a language model makes of a text: sums over its words and sentence ends.
public struct TextScore: Sendable, Hashable {
  /// Words, sentence ends not counted.
  public var words = 0
  /// Words that the model does not know.
  public var unknown = 0
  public var sentences = 0
  /// log10 P of everything, sentence ends included.
  public var log10Probability = 0.0
  /// log10 P of the unknown words among it.
  public var unknownLog10Probability = 0.0

  public init() {}

  /// 10 to the mean of -log10 P over words and sentence ends; nil of nothing.
  public var perplexity: Double? { Self.perplexity(log10Probability, words + sentences) }

  /// The same without unknown words, though these stay in the contexts of others, as in KenLM and SRILM.
  public var knownPerplexity: Double? {
    Self.perplexity(log10Probability - unknownLog10Probability, words - unknown + sentences)
  }

  private static func perplexity(_ log10Probability: Double, _ tokens: Int) -> Double? {
    tokens == 0 ? nil : pow(10, -log10Probability / Double(tokens))
  }

  public static func += (sum: inout TextScore, other: TextScore) {
    sum.words += other.words
    sum.unknown += other.unknown
    sum.sentences += other.sentences
    sum.log10Probability += other.log10Probability
    sum.unknownLog10Probability += other.unknownLog10Probability
  }
}

extension NgramModel {
  /// Scores one sentence: words separated by white space, between `<s>` and `</s>`.
  public func score(sentence: String) -> TextScore {
    var sentence = sentence
    return sentence.withUTF8 { score(sentence: UnsafeRawBufferPointer($0)) }
  }

  /// Scores one sentence's bytes.
  public func score(sentence: UnsafeRawBufferPointer) -> TextScore {
    var score = TextScore()
    var state = start
    forEachWord(of: sentence) { word in
      let id = id(ofUTF8: word)
      let step = log10Score(id, after: state)
      state = step.next
      score.words += 1
      score.log10Probability += Double(step.log10Probability)
      if id == .unknown {
        score.unknown += 1
        score.unknownLog10Probability += Double(step.log10Probability)
      }
    }
    score.sentences = 1
    score.log10Probability += Double(log10Score(sentenceEnd, after: state).log10Probability)
    return score
  }
}

/// The pieces between white space.
func forEachWord(of sentence: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
  var start: Int?
  for index in 0..<sentence.count {
    if isSpace(sentence[index]) {
      if let begin = start { body(UnsafeRawBufferPointer(rebasing: sentence[begin..<index])) }
      start = nil
    } else if start == nil {
      start = index
    }
  }
  if let start { body(UnsafeRawBufferPointer(rebasing: sentence[start...])) }
}
