import TestSupport

/// Sentences of words drawn so that some are frequent and what follows depends on what stood before.
func randomSentences(_ count: Int, words: Int = 30, longest: Int = 9, seed: UInt64) -> [[String]] {
  var random = Seeded(seed)
  return (0..<count).map { _ in
    var previous = 0
    return (0..<Int.random(in: 1...longest, using: &random)).map { _ in
      let low = Int.random(in: 0..<words, using: &random)
      let high = Int.random(in: 0..<words, using: &random)
      let word = Bool.random(using: &random) ? (previous * 7 + 3) % words : min(low, high)
      previous = word
      return "w\(word)"
    }
  }
}

func text(_ sentences: [[String]]) -> String {
  sentences.map { $0.joined(separator: " ") + "\n" }.joined()
}
