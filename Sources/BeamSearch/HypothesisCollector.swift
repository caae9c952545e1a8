import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// Gathers the prefixes of a beam into texts.
///
/// Different labels may have one text (a delimiter at the end or none, several in a row): their probabilities
/// are added. Equal labels that fall into different words of one spelling are the same paths: the better
/// reading counts.
struct HypothesisCollector {
  private struct Reading {
    var labels: [Int]
    var acousticScore: Double
    var terms: Double
    var hypothesis: (words: [LabelledWord], language: Double, hotwords: Double, unknown: Int)
  }

  private let graph: DecodingGraph
  private var texts: [String: [Reading]] = [:]
  /// In the order first met, so that equals come out in a set order.
  private var order: [String] = []

  init(_ graph: DecodingGraph) { self.graph = graph }

  var isEmpty: Bool { order.isEmpty }

  mutating func add(_ end: Prefix, labels: [Int], words: [(word: Int32, end: Int)], acousticScore: Double) {
    let text: String
    let written: [LabelledWord]
    if let lexicon = graph.lexicon, !graph.isOpen {
      written = labelled(words, labels, lexicon)
      text = written.map(\.text).joined(separator: graph.isSeparator.contains(true) ? " " : "")
    } else {
      written = graph.vocabulary.words(ofCollapsed: labels)
      text = graph.vocabulary.text(ofCollapsed: labels)
    }
    let options = graph.options
    let hotwords =
      end.terms - options.languageModelWeight * end.languageScore - options.wordInsertionScore
      * Double(end.words)
      - options.unknownWordScore * Double(end.unknownWords)
      - options.unknownTokenScore * Double(end.unknownTokens)
    let reading = Reading(
      labels: labels, acousticScore: acousticScore, terms: end.terms,
      hypothesis: (written, end.languageScore, graph.hotwords == nil ? 0 : hotwords, Int(end.unknownWords)))
    if texts[text] == nil { order.append(text) }
    var readings = texts[text] ?? []
    if let same = readings.firstIndex(where: { $0.labels == labels }) {
      if reading.terms > readings[same].terms { readings[same] = reading }
    } else {
      readings.append(reading)
    }
    texts[text] = readings
  }

  /// Words of the lexicon with their labels, without separators around them.
  private func labelled(
    _ words: [(word: Int32, end: Int)], _ labels: [Int], _ lexicon: Lexicon
  ) -> [LabelledWord] {
    var start = 0
    return words.map { word, end in
      var range = start..<end
      while let first = range.first, graph.isSeparator[labels[first]] { range.removeFirst() }
      while let last = range.last, graph.isSeparator[labels[last]] { range.removeLast() }
      start = end
      return LabelledWord(text: lexicon.words[Int(word)], labels: range)
    }
  }

  /// The best texts, best first.
  func best(_ count: Int) -> [BeamHypothesis] {
    let all = order.map { text -> BeamHypothesis in
      let readings = texts[text]!
      let terms = readings.map(\.terms).max()!
      let best = readings.max { $0.acousticScore + $0.terms < $1.acousticScore + $1.terms }!
      let loudest = readings.map(\.acousticScore).max()!
      let acoustic =
        loudest == -.infinity
        ? loudest : loudest + log(readings.reduce(0) { $0 + exp($1.acousticScore - loudest) })
      return BeamHypothesis(
        text: text, words: best.hypothesis.words, labels: best.labels, score: acoustic + terms,
        acousticScore: acoustic, languageModelScore: best.hypothesis.language,
        hotwordScore: best.hypothesis.hotwords, unknownWords: best.hypothesis.unknown)
    }
    return Array(all.sorted { $0.score > $1.score }.prefix(count))
  }
}
