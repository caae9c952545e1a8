import LanguageModel

/// A prefix: the labels from the root to a node, and, with a lexicon, how they fall into words.
struct Prefix {
  /// The node before its last label; -1 of the root.
  var parent: Int32 = -1
  /// Its last label; -1 of the root.
  var label: Int32 = -1
  /// The lexicon's word that its last label completes; -1 for none.
  var word: Int32 = -1
  /// Its place among the entries of the beam, where it is one of them; else out of date.
  var slot: Int32 = -1
  var firstChild: Int32 = -1
  var nextSibling: Int32 = -1
  /// Place of the word begun in the lexicon; the root between words.
  var place: Int32 = 0
  /// State of the hotwords' automaton.
  var hotword: Int32 = 0
  /// Words completed, and those among them that the language model does not know.
  var words: Int32 = 0
  var unknownWords: Int32 = 0
  /// Tokens of these unknown words.
  var unknownTokens: Int32 = 0
  /// Tokens of the word begun; 0 between words.
  var wordTokens: Int32 = 0
  /// Whether a word is begun.
  var isInWord = false
  var language = LanguageState(rawValue: 0)
  /// Natural log of what the language model gives the words completed.
  var languageScore = 0.0
  /// All terms of the objective but the acoustic one, what is charged and lent beforehand among them.
  var terms = 0.0
  /// e^(terms - the parent's terms).
  var ratio = 1.0
  /// The same ratio for a step that ends the word by a separator; NaN until it is needed.
  var endRatio = Double.nan
}

/// All prefixes that the beam holds or descends from, as a tree of flat nodes.
struct PrefixTree {
  private(set) var nodes: [Prefix] = []

  init(root: Prefix) { nodes = [root] }

  var count: Int { nodes.count }

  subscript(node: Int32) -> Prefix {
    get { nodes[Int(node)] }
    _modify { yield &nodes[Int(node)] }
  }

  /// The child of a node with a label and completed word.
  func child(of node: Int32, label: Int32, word: Int32) -> Int32? {
    var child = nodes[Int(node)].firstChild
    while child >= 0 {
      if nodes[Int(child)].label == label && nodes[Int(child)].word == word { return child }
      child = nodes[Int(child)].nextSibling
    }
    return nil
  }

  /// Adds a node behind `prefix.parent`.
  mutating func append(_ prefix: Prefix) -> Int32 {
    let node = Int32(nodes.count)
    nodes.append(prefix)
    nodes[Int(node)].nextSibling = nodes[Int(prefix.parent)].firstChild
    nodes[Int(prefix.parent)].firstChild = node
    return node
  }

  /// The labels of a prefix, and the lexicon's words completed on the way, each with the count of labels up
  /// to its completion.
  func labels(of node: Int32) -> (labels: [Int], words: [(word: Int32, end: Int)]) {
    var labels: [Int] = []
    var words: [(word: Int32, end: Int)] = []
    var at = node
    while nodes[Int(at)].parent >= 0 {
      // Counted from the end until the length is known.
      if nodes[Int(at)].word >= 0 { words.append((nodes[Int(at)].word, labels.count)) }
      labels.append(Int(nodes[Int(at)].label))
      at = nodes[Int(at)].parent
    }
    labels.reverse()
    return (labels, words.reversed().map { ($0.word, labels.count - $0.end) })
  }

  /// The prefix, or the nearest before it, in which no word is begun.
  func lastWordEnd(before node: Int32) -> Int32 {
    var at = node
    while nodes[Int(at)].isInWord { at = nodes[Int(at)].parent }
    return at
  }

  /// The last prefix that all of these begin with.
  func commonPrefix(of active: [Int32]) -> Int32 {
    guard let first = active.first else { return 0 }
    // A parent's number is less than its child's, so the greater of two nodes is the one to go up from.
    return active.dropFirst().reduce(first) { common, node in
      var (a, b) = (common, node)
      while a != b { if a > b { a = nodes[Int(a)].parent } else { b = nodes[Int(b)].parent } }
      return a
    }
  }

  /// Drops all nodes that none of `active` descends from, and renumbers these. Order is kept.
  mutating func compact(keeping active: inout [Int32]) {
    var number = [Int32](repeating: -1, count: nodes.count)
    for node in active {
      var at = node
      while at >= 0 && number[Int(at)] < 0 {
        number[Int(at)] = 0
        at = nodes[Int(at)].parent
      }
    }
    var kept: [Prefix] = []
    for (node, prefix) in nodes.enumerated() where number[node] >= 0 {
      number[node] = Int32(kept.count)
      var prefix = prefix
      prefix.firstChild = -1
      prefix.nextSibling = -1
      if prefix.parent >= 0 {
        prefix.parent = number[Int(prefix.parent)]
        prefix.nextSibling = kept[Int(prefix.parent)].firstChild
        kept[Int(prefix.parent)].firstChild = number[node]
      }
      kept.append(prefix)
    }
    nodes = kept
    for index in active.indices { active[index] = number[Int(active[index])] }
  }
}
