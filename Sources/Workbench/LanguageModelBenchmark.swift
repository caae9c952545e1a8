import JSON
import LanguageModel

/// Times queries of an n-gram model, in the order of a text, on one thread.
public struct LanguageModelBenchmark {
  private let model: NgramModel
  private let openSeconds: Double
  private let sentences: [String]

  /// - Parameters:
  ///   - path: an ARPA file, plain or gzip'd, or the binary form.
  ///   - text: a sentence a line.
  public init(model path: String, text: String) throws {
    let start = monotonicSeconds()
    model = try openLanguageModel(path)
    openSeconds = monotonicSeconds() - start
    var lines = try TextLines(path: text)
    var sentences: [String] = []
    while try lines.next({ line, _ in sentences.append(String(decoding: line, as: UTF8.self)) }) {}
    guard !sentences.isEmpty else {
      throw BenchmarkError("\(text): expected a sentence a line, found an empty text")
    }
    self.sentences = sentences
  }

  /// Times `runs` passes over the text after one that is not counted: with ids that are known, and with words
  /// that are split and looked up.
  public func measure(runs: Int) -> LanguageModelTiming {
    let ids = sentences.map { $0.split { $0 == " " || $0 == "\t" }.map { model.id(of: String($0)) } }
    var probability = 0.0
    var queries: [Double] = []
    var texts: [Double] = []
    for run in 0...runs {
      probability = 0
      let query = secondsTaken {
        for words in ids {
          var state = model.start
          for word in words {
            let step = model.log10Score(word, after: state)
            probability += Double(step.log10Probability)
            state = step.next
          }
          probability += Double(model.log10Score(model.sentenceEnd, after: state).log10Probability)
        }
      }
      var sum = TextScore()
      let text = secondsTaken { for sentence in sentences { sum += model.score(sentence: sentence) } }
      if run > 0 {
        queries.append(query)
        texts.append(text)
      }
    }
    return LanguageModelTiming(
      tokens: ids.reduce(0) { $0 + $1.count + 1 }, openSeconds: openSeconds, querySeconds: median(queries),
      textSeconds: median(texts), log10Probability: probability, summary: model.summary)
  }
}

/// How long queries take.
public struct LanguageModelTiming {
  /// Words and sentence ends.
  let tokens: Int
  let openSeconds: Double
  /// Of one pass over ids.
  let querySeconds: Double
  /// Of one pass over text.
  let textSeconds: Double
  let log10Probability: Double
  let summary: String

  private var queryNanoseconds: Double { querySeconds / Double(tokens) * 1e9 }
  private var textNanoseconds: Double { textSeconds / Double(tokens) * 1e9 }

  public var json: String {
    let document: JSONValue = [
      "bench": "lm", "tokens": .integer(Int64(tokens)), "open_seconds": .number(openSeconds),
      "query_nanoseconds": .number(queryNanoseconds), "text_nanoseconds": .number(textNanoseconds),
      "log10_probability": .number(log10Probability),
    ]
    return document.text(.spaced)
  }

  public var text: String {
    "\(summary); opened in \(decimals(openSeconds * 1000, 2)) ms\n\(grouped(tokens)) words and sentence ends: "
      + "\(decimals(queryNanoseconds, 1)) ns each from ids, \(decimals(textNanoseconds, 1)) ns from text"
  }
}
