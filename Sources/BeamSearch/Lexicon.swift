public import Vocabulary

/// Words and how tokens spell them: a trie over tokens, so that a search knows behind each token which words
/// are still possible.
///
/// Places of the trie are numbered breadth first, the root 0; the children of a place follow each other in
/// order of their tokens.
public struct Lexicon: Sendable {
  /// As they are written.
  public let words: [String]
  /// A place of the trie.
  struct Place: Sendable {
    /// The token that leads to it; -1 of the root.
    var token: Int32
    /// Its children are the places from here to the next place's first child.
    var firstChild: Int32
    /// The words spelled to their end at it are `completed` from here to the next place's first word.
    var firstWord: Int32
  }

  /// By place; one more behind the last.
  let places: [Place]
  let completed: [Int32]

  static let root: Int32 = 0

  var placeCount: Int { places.count - 1 }

  /// - Parameter spellings: of each word at least one token; a word may have several, and several words one.
  public init(words: [String], spellings: [(word: Int, tokens: [Int])]) {
    precondition(
      spellings.allSatisfy { words.indices.contains($0.word) && !$0.tokens.isEmpty },
      "a spelling has a word and tokens")
    self.words = words
    let sorted = spellings.map { (word: Int32($0.word), tokens: $0.tokens.map(Int32.init)) }
      .sorted {
        $0.tokens.lexicographicallyPrecedes($1.tokens) || ($0.tokens == $1.tokens && $0.word < $1.word)
      }
    var places = [Place(token: -1, firstChild: 0, firstWord: 0)]
    var completed: [Int32] = []
    // Places in order, each with its part of the sorted spellings and its depth.
    var parts: [(range: Range<Int>, depth: Int)] = [(sorted.indices, 0)]
    var place = 0
    while place < parts.count {
      let (range, depth) = parts[place]
      places[place].firstChild = Int32(parts.count)
      places[place].firstWord = Int32(completed.count)
      var start = range.lowerBound
      while start < range.upperBound, sorted[start].tokens.count == depth {
        let isFirst = completed.count == Int(places[place].firstWord)
        if isFirst || completed.last != sorted[start].word { completed.append(sorted[start].word) }
        start += 1
      }
      while start < range.upperBound {
        let token = sorted[start].tokens[depth]
        var end = start + 1
        while end < range.upperBound, sorted[end].tokens[depth] == token { end += 1 }
        parts.append((start..<end, depth + 1))
        places.append(Place(token: token, firstChild: 0, firstWord: 0))
        start = end
      }
      place += 1
    }
    places.append(
      Place(token: -1, firstChild: Int32(parts.count), firstWord: Int32(completed.count)))
    self.places = places
    self.completed = completed
  }

  /// Words spelled as the tokenizer does, each ended by the vocabulary's delimiter if it has one.
  ///
  /// - Parameters:
  ///   - foldsCase: try a word in upper and in lower case where it cannot be spelled as written.
  ///   - unspellable: called with the index of each word that the vocabulary cannot spell, and why; it is
  ///     left out.
  public init(
    words: [String], vocabulary: CTCVocabulary, foldsCase: Bool = false,
    unspellable: (Int, VocabularyError) throws -> Void
  ) rethrows {
    var spellings: [(word: Int, tokens: [Int])] = []
    spellings.reserveCapacity(words.count)
    for (index, word) in words.enumerated() {
      do throws(VocabularyError) {
        var tokens = try vocabulary.spelling(of: word, foldsCase: foldsCase)
        if tokens.isEmpty { continue }
        if let delimiter = vocabulary.wordSeparator { tokens.append(delimiter) }
        spellings.append((index, tokens))
      } catch {
        try unspellable(index, error)
      }
    }
    self.init(words: words, spellings: spellings)
  }

  func hasChildren(_ place: Int32) -> Bool { !children(of: place).isEmpty }

  func children(of place: Int32) -> Range<Int32> {
    places[Int(place)].firstChild..<places[Int(place) + 1].firstChild
  }

  /// Words that end at a place, as indices of `completed`.
  func ends(at place: Int32) -> Range<Int32> {
    places[Int(place)].firstWord..<places[Int(place) + 1].firstWord
  }

  /// The place behind a token; nil if no word goes on so.
  /// - Complexity: O(log of the children).
  func child(of place: Int32, token: Int32) -> Int32? {
    places.withUnsafeBufferPointer { $0.child(of: place, token: token) }
  }

  /// The best of a score over all words that can still be completed from each place on.
  func bestBelow(_ score: (_ word: Int32) -> Double) -> [Double] {
    var best = [Double](repeating: -.infinity, count: placeCount)
    // Children have greater numbers than their parents.
    for place in (0..<Int32(placeCount)).reversed() {
      var value = -Double.infinity
      for index in ends(at: place) { value = max(value, score(completed[Int(index)])) }
      for child in children(of: place) { value = max(value, best[Int(child)]) }
      best[Int(place)] = value
    }
    return best
  }
}

extension UnsafeBufferPointer<Lexicon.Place> {
  /// The place behind a token; nil if no word goes on so.
  func child(of place: Int32, token: Int32) -> Int32? {
    var low = self[Int(place)].firstChild
    let end = self[Int(place) + 1].firstChild
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if self[Int(middle)].token < token { low = middle + 1 } else { high = middle }
    }
    return low < end && self[Int(low)].token == token ? low : nil
  }
}

extension CTCVocabulary {
  /// The labels of a word, if need be in another case.
  func spelling(of word: String, foldsCase: Bool) throws(VocabularyError) -> [Int] {
    do {
      return try encode(word)
    } catch {
      guard foldsCase else { throw error }
      if let tokens = try? encode(word.uppercased()) { return tokens }
      if let tokens = try? encode(word.lowercased()) { return tokens }
      throw error
    }
  }
}
