/// Phrases that a search is to favour (or to avoid), each with a weight in nats that is added once for every
/// time the phrase occurs as whole words.
///
/// An Aho-Corasick automaton (Aho and Corasick 1975) over tokens: its state is the longest end of what was
/// said that begins a phrase. While a phrase is being spelled, its part of the weight is lent: with the
/// potential
///
///     phi(state) = the largest weight x (tokens said / tokens of the phrase), over phrases that the state
///     begins
///
/// a step from state r to s adds (weights of the phrases completed) + phi(s) - phi(r). The potentials cancel
/// along any path, and the end of the utterance pays back what is still lent, so what remains is the sum of
/// the weights of the phrases that occurred: the loan changes which prefixes survive, never the score of a
/// text.
public struct Hotwords: Sendable {
  public struct Phrase: Sendable, Equatable {
    public var text: String
    /// Collapsed labels, as the tokenizer spells the text.
    public var labels: [Int]
    /// Nats, of either sign.
    public var weight: Double

    public init(text: String, labels: [Int], weight: Double) {
      self.text = text
      self.labels = labels
      self.weight = weight
    }
  }

  /// The token between words; nil where phrases are found wherever their labels are.
  let delimiter: Int32?
  /// What an utterance begins in: behind a delimiter.
  let start: Int32
  /// Weights completed on arrival in a state.
  let completed: [Double]
  /// What is lent in a state.
  let potential: [Double]
  /// The largest gain of any step out of a state, at least 0.
  let largestGain: [Double]
  /// Whether every step out of a state gains nothing and costs nothing.
  let isNeutral: [Bool]
  private let fail: [Int32]
  private let firstEdge: [Int32]
  private let edgeTokens: [Int32]
  private let edgeTargets: [Int32]
  /// For states with many edges: where their (V) targets begin; -1 for others.
  private let denseRow: [Int32]
  private let dense: [Int32]

  /// - Parameters:
  ///   - phrases: equal ones count the sum of their weights.
  ///   - delimiter: the token between words, if the vocabulary has one.
  ///   - vocabularySize: V.
  public init(_ phrases: [Phrase], delimiter: Int?, vocabularySize: Int) {
    var trie = PhraseTrie()
    for phrase in phrases where !phrase.labels.isEmpty {
      precondition(phrase.labels.allSatisfy { (0..<vocabularySize).contains($0) }, "labels of \(phrase.text)")
      let edge = delimiter.map { [Int32($0)] } ?? []
      trie.insert(edge + phrase.labels.map(Int32.init) + edge, weight: phrase.weight, uncounted: edge.count)
    }
    self.delimiter = delimiter.map(Int32.init)
    start = delimiter.flatMap { trie.child(0, Int32($0)) } ?? 0
    let (fail, order) = trie.failures()
    var completed = trie.weights
    var potential = trie.potentials
    for state in order {
      completed[Int(state)] += completed[Int(fail[Int(state)])]
      potential[Int(state)] = max(potential[Int(state)], potential[Int(fail[Int(state)])])
    }
    var firstEdge: [Int32] = [0]
    var edgeTokens: [Int32] = []
    var edgeTargets: [Int32] = []
    var denseRow = [Int32](repeating: -1, count: trie.edges.count)
    var dense: [Int32] = []
    for (state, edges) in trie.edges.enumerated() {
      let sorted = edges.sorted { $0.key < $1.key }
      edgeTokens += sorted.map(\.key)
      edgeTargets += sorted.map(\.value)
      firstEdge.append(Int32(edgeTokens.count))
      if edges.count > 8 {
        denseRow[state] = Int32(dense.count)
        dense += [Int32](repeating: -1, count: vocabularySize)
        for (token, target) in sorted { dense[Int(denseRow[state]) + Int(token)] = target }
      }
    }
    self.fail = fail
    self.completed = completed
    self.potential = potential
    self.firstEdge = firstEdge
    self.edgeTokens = edgeTokens
    self.edgeTargets = edgeTargets
    self.denseRow = denseRow
    self.dense = dense
    // Of a state and of those it falls back to, as a step that fails goes on from there.
    var gains = [Double](repeating: 0, count: trie.edges.count)
    var neutral = potential.map { $0 == 0 }
    for state in [0] + order.map(Int.init) {
      var chain = Int32(state)
      while true {
        for edge in firstEdge[Int(chain)]..<firstEdge[Int(chain) + 1] {
          let target = Int(edgeTargets[Int(edge)])
          let gain = completed[target] + potential[target] - potential[state]
          gains[state] = max(gains[state], gain)
          if gain != 0 { neutral[state] = false }
        }
        if chain == 0 { break }
        chain = fail[Int(chain)]
      }
    }
    largestGain = gains
    isNeutral = neutral
  }

  /// The state behind a token, and what the step adds.
  func advance(_ state: Int32, _ token: Int32) -> (state: Int32, gain: Double) {
    var from = state
    var target: Int32 = 0
    while true {
      if let next = edge(from, token) {
        target = next
        break
      }
      if from == 0 { break }
      from = fail[Int(from)]
    }
    return (target, completed[Int(target)] + potential[Int(target)] - potential[Int(state)])
  }

  private func edge(_ state: Int32, _ token: Int32) -> Int32? {
    let row = denseRow[Int(state)]
    if row >= 0 {
      let target = dense[Int(row) + Int(token)]
      return target < 0 ? nil : target
    }
    for edge in firstEdge[Int(state)]..<firstEdge[Int(state) + 1] where edgeTokens[Int(edge)] == token {
      return edgeTargets[Int(edge)]
    }
    return nil
  }
}

/// The phrases' common beginnings; state 0 is the root.
private struct PhraseTrie {
  var edges: [[Int32: Int32]] = [[:]]
  var weights: [Double] = [0]
  var potentials: [Double] = [0]

  func child(_ state: Int32, _ token: Int32) -> Int32? { edges[Int(state)][token] }

  /// - Parameter uncounted: tokens at the beginning for which nothing is lent.
  mutating func insert(_ tokens: [Int32], weight: Double, uncounted: Int) {
    var state: Int32 = 0
    let counted = Double(tokens.count - uncounted)
    for (index, token) in tokens.enumerated() {
      if let next = edges[Int(state)][token] {
        state = next
      } else {
        let next = Int32(edges.count)
        edges[Int(state)][token] = next
        edges.append([:])
        weights.append(0)
        potentials.append(0)
        state = next
      }
      // A complete phrase owns its weight; nothing of it is lent any more.
      if index + 1 < tokens.count {
        let part = weight * Double(max(0, index + 1 - uncounted)) / counted
        potentials[Int(state)] = max(potentials[Int(state)], part)
      }
    }
    weights[Int(state)] += weight
  }

  /// The state of the longest proper end of each state's tokens, and all states but the root breadth first.
  func failures() -> (fail: [Int32], order: [Int32]) {
    var fail = [Int32](repeating: 0, count: edges.count)
    var order: [Int32] = []
    var level: [Int32] = [0]
    while !level.isEmpty {
      var next: [Int32] = []
      for state in level {
        for (token, child) in edges[Int(state)].sorted(by: { $0.key < $1.key }) {
          next.append(child)
          if state == 0 { continue }
          var from = fail[Int(state)]
          while from != 0 && edges[Int(from)][token] == nil { from = fail[Int(from)] }
          fail[Int(child)] = edges[Int(from)][token] ?? 0
        }
      }
      order += next
      level = next
    }
    return (fail, order)
  }
}
