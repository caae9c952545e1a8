import LanguageModel
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// What a step from a prefix to the next means beside the sound.
///
/// Steps with the label of one token are told apart by a variant: 0 goes on in the word or between words (and
/// in an open vocabulary ends the word at a separator); n > 0 completes the n-th word that the lexicon has
/// behind that label.
struct PrefixSteps {
  let graph: DecodingGraph
  private var cache = ScoreCache()

  init(_ graph: DecodingGraph) { self.graph = graph }

  /// The empty prefix.
  var root: Prefix {
    var root = Prefix()
    root.language = graph.languageModel.start
    root.hotword = graph.hotwords?.start ?? 0
    return root
  }

  /// The prefix behind a step that the graph allows.
  mutating func step(from node: Int32, _ from: Prefix, label: Int32, variant: Int32) -> Prefix {
    var to = from
    to.parent = node
    to.label = label
    to.word = -1
    to.slot = -1
    to.firstChild = -1
    to.nextSibling = -1
    to.endRatio = .nan
    let isSeparator = graph.isSeparator[Int(label)]
    if isSeparator && variant == 0 {
      if from.isInWord { end(&to, word: openWord(at: from.place), lookahead: graph.lookahead(of: from)) }
    } else if let lexicon = graph.lexicon {
      let place = from.place < 0 ? nil : lexicon.child(of: from.place, token: label)
      if variant > 0 {
        let place = place!
        if !isSeparator { to.wordTokens += 1 }
        let word = lexicon.completed[Int(lexicon.ends(at: place).lowerBound + variant - 1)]
        end(&to, word: word, lookahead: graph.lookahead(of: from))
        to.word = word
      } else {
        to.place = place ?? DecodingGraph.outside
        to.wordTokens += 1
        to.terms += graph.lookahead(of: to) - graph.lookahead(of: from)
        to.isInWord = true
      }
    } else {
      to.wordTokens += 1
      to.isInWord = true
    }
    if graph.unit == .token {
      let (score, next) = cache.score(
        graph.tokenIDs[Int(label)], after: from.language, by: graph.languageModel)
      to.language = next
      to.languageScore += Double(score)
      to.terms += graph.options.languageModelWeight * Double(score)
    }
    if let hotwords = graph.hotwords, !(isSeparator && !from.isInWord) {
      let (state, gain) = hotwords.advance(from.hotword, label)
      to.hotword = state
      to.terms += gain
    }
    to.ratio = exp(to.terms - from.terms)
    return to
  }

  /// e^(what a step adds to the terms but for the hotwords), of a step within a word that the lexicon goes on with
  /// at `place`.
  mutating func ratio(
    from: Prefix, label: Int32, place: Int32
  ) -> Double {
    var ratio = 1.0
    if graph.lookahead.count > 1 {
      ratio =
        place == DecodingGraph.outside
        ? exp(graph.outsideLookahead(tokens: from.wordTokens + 1) - graph.lookahead(of: from))
        : graph.lookaheadRatio[Int(place)]
    }
    guard graph.unit == .token else { return ratio }
    let score = cache.score(graph.tokenIDs[Int(label)], after: from.language, by: graph.languageModel).0
    return ratio * exp(graph.options.languageModelWeight * Double(score))
  }

  /// The word that a prefix at a place ends if a separator follows, in an open vocabulary; -1 for one outside
  /// the lexicon.
  private func openWord(at place: Int32) -> Int32 {
    guard let lexicon = graph.lexicon, let delimiter = graph.vocabulary.wordSeparator, place >= 0,
      let end = lexicon.child(of: place, token: Int32(delimiter))
    else { return -1 }
    let words = lexicon.ends(at: end)
    return words.isEmpty ? -1 : lexicon.completed[Int(words.lowerBound)]
  }

  /// Completes the word begun.
  /// - Parameter lookahead: what has been charged beforehand.
  private mutating func end(_ prefix: inout Prefix, word: Int32, lookahead: Double) {
    let options = graph.options
    let tokens = prefix.wordTokens
    prefix.wordTokens = 0
    prefix.place = Lexicon.root
    prefix.isInWord = false
    prefix.words += 1
    prefix.terms += options.wordInsertionScore - lookahead
    guard graph.unit == .word && graph.usesLanguageModel else { return }
    let id = word < 0 ? WordID.unknown : graph.wordIDs[Int(word)]
    let (score, next) = cache.score(id, after: prefix.language, by: graph.languageModel)
    prefix.language = next
    prefix.languageScore += Double(score)
    prefix.terms += options.languageModelWeight * Double(score)
    if id == .unknown {
      prefix.unknownWords += 1
      prefix.unknownTokens += tokens
      prefix.terms += options.unknownWordScore + options.unknownTokenScore * Double(tokens)
    }
  }

  /// The texts that a prefix stands for if the utterance ends behind it: a word begun is complete, the
  /// sentence ends, and what was charged and lent beforehand is given back. None if a word is begun that no
  /// lexicon has.
  mutating func finished(_ prefix: Prefix) -> [Prefix] {
    var ends: [Prefix] = []
    if !prefix.isInWord {
      ends = [prefix]
    } else if graph.isOpen {
      var end = prefix
      end.word = openWord(at: prefix.place)
      self.end(&end, word: end.word, lookahead: graph.lookahead(of: prefix))
      ends = [end]
    } else if let lexicon = graph.lexicon, let delimiter = graph.vocabulary.wordSeparator, prefix.place >= 0,
      let place = lexicon.child(of: prefix.place, token: Int32(delimiter))
    {
      for index in lexicon.ends(at: place) {
        var end = prefix
        end.word = lexicon.completed[Int(index)]
        self.end(&end, word: end.word, lookahead: graph.lookahead(of: prefix))
        ends.append(end)
      }
    }
    for index in ends.indices {
      if let hotwords = graph.hotwords {
        if prefix.isInWord, let delimiter = hotwords.delimiter {
          let (state, gain) = hotwords.advance(ends[index].hotword, delimiter)
          ends[index].hotword = state
          ends[index].terms += gain
        }
        ends[index].terms -= hotwords.lent(in: ends[index].hotword)
      }
      guard graph.usesLanguageModel && graph.options.scoresSentenceEnd else { continue }
      let score = Double(graph.languageModel.finish(ends[index].language))
      ends[index].languageScore += score
      ends[index].terms += graph.options.languageModelWeight * score
    }
    return ends
  }
}

/// The last answers of a language model: hypotheses ask the same again and again.
private struct ScoreCache {
  private struct Entry {
    var state: UInt64 = .max
    var word: UInt32 = .max
    var score: Float = 0
    var next: UInt64 = 0
  }
  private static let bits = 13
  private var entries = [Entry](repeating: Entry(), count: 1 << bits)

  mutating func score(
    _ word: WordID, after state: LanguageState, by model: any LanguageScorer
  ) -> (Float, LanguageState) {
    let mixed =
      (state.rawValue &+ UInt64(word.rawValue) << 32 &+ UInt64(word.rawValue)) &* 0x9E37_79B9_7F4A_7C15
    let index = Int(mixed >> (64 - UInt64(Self.bits)))
    let entry = entries[index]
    if entry.state == state.rawValue && entry.word == word.rawValue {
      return (entry.score, LanguageState(rawValue: entry.next))
    }
    let (score, next) = model.score(word, after: state)
    entries[index] = Entry(state: state.rawValue, word: word.rawValue, score: score, next: next.rawValue)
    return (score, next)
  }
}
