#if canImport(Glibc)
import Glibc
#endif

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
  /// What is known of a state, in one place of the cache.
  private struct State {
    /// Tokens of its steps, modulo 64.
    var mask: UInt64 = 0
    /// e^-potential: what leaving pays back.
    var departure = 1.0
    var largestRatio = 1.0
    /// Place of its first step, and how many there are.
    var firstStep: Int32 = 0
    var stepCount: Int32 = 0
    var isNeutral = true
  }

  private struct Step {
    var token: Int32
    var target: Int32
    /// e^(weights completed in the target + what is lent there).
    var arrival: Double
  }

  private let states: [State]
  /// Of each state the steps that lead elsewhere than from the root, those of the states that it falls back to among
  /// them, in ascending order of their tokens.
  private let steps: [Step]
  /// By token: the step where nothing was begun.
  private let rootSteps: [Step]
  /// By state: what is lent, and that and the weights completed on arrival.
  private let potential: [Double]
  private let arrivalGain: [Double]
  /// Whether a token's place among a state's steps is its rank in the mask.
  private let isSmall: Bool

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
    isSmall = vocabularySize <= 64
    let (fail, order) = trie.failures()
    var completed = trie.weights
    var potential = trie.potentials
    var rootTargets = [Int32](repeating: 0, count: vocabularySize)
    for (token, target) in trie.edges[0] { rootTargets[Int(token)] = target }
    // By state, out of those it falls back to, which come before it; the root's own steps are those of all.
    var steps: [[(token: Int32, target: Int32)]] = trie.edges.map { _ in [] }
    for state in order.map(Int.init) {
      let back = Int(fail[state])
      completed[state] += completed[back]
      potential[state] = max(potential[state], potential[back])
      let own = trie.edges[state]
      let inherited = steps[back].filter { own[$0.token] == nil }
      steps[state] = (own.map { ($0.key, $0.value) } + inherited).sorted { $0.token < $1.token }
    }
    let gain = zip(completed, potential).map { $0 + $1 }
    let rootSteps = rootTargets.enumerated().map { token, target in
      Step(token: Int32(token), target: target, arrival: exp(gain[Int(target)]))
    }
    let largestOfRoot = rootTargets.reduce(-.infinity) { max($0, gain[Int($1)]) }
    let rootIsNeutral = rootTargets.allSatisfy { gain[Int($0)] == 0 }
    var states: [State] = []
    var all: [Step] = []
    for (number, own) in steps.enumerated() {
      var state = State()
      state.mask = own.reduce(0) { $0 | 1 << UInt64($1.token & 63) }
      state.departure = exp(-potential[number])
      let largest = own.reduce(largestOfRoot) { max($0, gain[Int($1.target)]) }
      // A product of two powers may be a last digit larger than the power of their sum.
      state.largestRatio = max(1, exp(largest - potential[number]) * (1 + 8 * Double.ulpOfOne))
      state.firstStep = Int32(all.count)
      state.stepCount = Int32(own.count)
      state.isNeutral =
        potential[number] == 0 && rootIsNeutral && own.allSatisfy { gain[Int($0.target)] == 0 }
      states.append(state)
      all += own.map { Step(token: $0.token, target: $0.target, arrival: exp(gain[Int($0.target)])) }
    }
    self.states = states
    self.steps = all
    self.rootSteps = rootSteps
    self.potential = potential
    arrivalGain = gain
  }

  /// The largest ratio of any step out of a state, at least 1.
  func largestRatio(from state: Int32) -> Double { states[Int(state)].largestRatio }

  /// Whether every step out of a state gains nothing and costs nothing.
  func isNeutral(_ state: Int32) -> Bool { states[Int(state)].isNeutral }

  /// What is lent in a state.
  func lent(in state: Int32) -> Double { potential[Int(state)] }

  /// The state behind a token, and what the step adds.
  func advance(_ state: Int32, _ token: Int32) -> (state: Int32, gain: Double) {
    let target = step(states[Int(state)], token).target
    return (target, arrivalGain[Int(target)] - potential[Int(state)])
  }

  /// e^(what a step adds).
  @inline(__always)
  func ratio(_ state: Int32, _ token: Int32) -> Double {
    let state = states[Int(state)]
    return step(state, token).arrival * state.departure
  }

  @inline(__always)
  private func step(_ state: State, _ token: Int32) -> Step {
    let bit: UInt64 = 1 << UInt64(token & 63)
    if state.mask & bit == 0 { return rootSteps[Int(token)] }
    let first = Int(state.firstStep)
    if isSmall { return steps[first + (state.mask & (bit - 1)).nonzeroBitCount] }
    let end = first + Int(state.stepCount)
    var (low, high) = (first, end)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle].token < token { low = middle + 1 } else { high = middle }
    }
    return low < end && steps[low].token == token ? steps[low] : rootSteps[Int(token)]
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
