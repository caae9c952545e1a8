import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// What an n-best list believes: posteriors of its texts, of words, and the text of least expected error.
///
///     P(h) = e^(scale x score(h)) / sum over the list of the same
///
/// The list stands for all texts: what the beam has dropped has probability 0.
public struct NBestPosteriors: Sendable {
  public let hypotheses: [BeamHypothesis]
  /// Of each hypothesis; they add up to 1.
  public let posteriors: [Double]

  /// - Parameter scale: below 1 it flattens the posteriors; scores with a language model's weight above 1,
  ///   and CTC models as a rule, are too sure of themselves.
  public init(_ hypotheses: [BeamHypothesis], scale: Double = 1) {
    self.hypotheses = hypotheses
    let best = hypotheses.map(\.score).max() ?? 0
    let weights = hypotheses.map { best == -.infinity ? 1 : exp(scale * ($0.score - best)) }
    let sum = weights.reduce(0, +)
    posteriors = weights.map { $0 / sum }
  }

  /// Of each word of a hypothesis, the posterior of all hypotheses that have the same word in its place, by
  /// the alignment of least word edits.
  /// - Complexity: O(N U^2) for N hypotheses of U words.
  public func wordConfidences(of index: Int) -> [Double] {
    let words = hypotheses[index].words.map(\.text)
    var confidences = [Double](repeating: 0, count: words.count)
    for (other, posterior) in zip(hypotheses, posteriors) {
      for place in matches(of: words, in: other.words.map(\.text)) { confidences[place] += posterior }
    }
    return confidences.map { min(1, $0) }
  }

  /// The hypotheses in order of their expected word errors, the least first: minimum-Bayes-risk decoding
  /// (Stolcke, Konig and Weintraub 1997; Goel and Byrne 2000) over the list. Of equal risks the better score
  /// comes first.
  ///
  ///     risk(h) = sum over the list of P(h') x (word edits between h and h')
  ///
  /// - Complexity: O(N^2 U^2) for N hypotheses of U words.
  public var byRisk: [BeamHypothesis] {
    let words = hypotheses.map { $0.words.map(\.text) }
    var risks = [Double](repeating: 0, count: words.count)
    for a in words.indices {
      for b in words.indices where b > a {
        let edits = Double(edits(words[a], words[b]))
        risks[a] += posteriors[b] * edits
        risks[b] += posteriors[a] * edits
      }
    }
    return hypotheses.indices
      .sorted { (risks[$0], -hypotheses[$0].score) < (risks[$1], -hypotheses[$1].score) }
      .map { hypotheses[$0] }
  }
}

/// The least number of substitutions, deletions and insertions of words.
private func edits(_ a: [String], _ b: [String]) -> Int { editTable(a, b)[(a.count + 1) * (b.count + 1) - 1] }

/// (a + 1, b + 1): edits between the beginnings of two word sequences.
private func editTable(_ a: [String], _ b: [String]) -> [Int] {
  let width = b.count + 1
  var table = [Int](repeating: 0, count: (a.count + 1) * width)
  for j in 0...b.count { table[j] = j }
  for i in 0..<a.count {
    table[(i + 1) * width] = i + 1
    for j in 0..<b.count {
      let substitution = table[i * width + j] + (a[i] == b[j] ? 0 : 1)
      table[(i + 1) * width + j + 1] = min(
        substitution, table[i * width + j + 1] + 1, table[(i + 1) * width + j] + 1)
    }
  }
  return table
}

/// Places of `a` whose word stands in `b`, too, by an alignment of least edits.
private func matches(of a: [String], in b: [String]) -> [Int] {
  if a == b { return Array(a.indices) }
  let table = editTable(a, b)
  let width = b.count + 1
  var (i, j) = (a.count, b.count)
  var places: [Int] = []
  while i > 0 && j > 0 {
    let here = table[i * width + j]
    let isSame = a[i - 1] == b[j - 1]
    if here == table[(i - 1) * width + j - 1] + (isSame ? 0 : 1) {
      if isSame { places.append(i - 1) }
      i -= 1
      j -= 1
    } else if here == table[(i - 1) * width + j] + 1 {
      i -= 1
    } else {
      j -= 1
    }
  }
  return places
}
