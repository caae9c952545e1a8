import Evaluation
import TestSupport
import Testing

@Suite struct `Word networks` {
  func network(_ texts: [String]) -> WordNetwork { WordNetwork(texts.map(letters)) }

  /// Slots, each system's letter in the order of arcs, `-` for none.
  func slots(_ network: WordNetwork) -> [String] {
    network.slots.map { $0.map { $0.word ?? "-" }.joined() }
  }

  @Test func `cases worked by hand`() {
    #expect(slots(network(["abc", "axc"])) == ["aa", "bx", "cc"])
    #expect(slots(network(["abc", "ac"])) == ["aa", "b-", "cc"])
    // The second system's own slot has its arc first.
    #expect(slots(network(["ac", "abc"])) == ["aa", "b-", "cc"])
    #expect(network(["ac", "abc"]).slots[1].map(\.system) == [1, 0])
    // The third finds the place that the second made, and takes an empty place before a wrong word.
    #expect(slots(network(["ac", "abc", "abc"])) == ["aaa", "b-b", "ccc"])
    #expect(slots(network(["ac", "abc", "axc"])) == ["aaa", "b-x", "ccc"])
    #expect(slots(network(["", "ab"])) == ["a-", "b-"])
    #expect(slots(network([])) == [] && slots(network(["", ""])) == [])
  }

  @Test func `every system's words are in it, in order, and each slot has one arc of each`() {
    var generator = Seeded(9)
    for _ in 0..<300 {
      let systems = (0..<Int.random(in: 1...5, using: &generator)).map { _ in generator.words(0...8) }
      let network = WordNetwork(systems)
      #expect(network.systems == systems.count)
      for slot in network.slots { #expect(slot.map(\.system).sorted() == Array(systems.indices)) }
      for (system, words) in systems.enumerated() {
        #expect(network.slots.flatMap { $0.filter { $0.system == system }.compactMap(\.word) } == words)
      }
    }
  }

  /// The least cost of aligning with slots, by recursion over all alignments.
  func leastCost(_ slots: ArraySlice<[WordNetwork.Arc]>, _ words: ArraySlice<String>) -> Double {
    guard let slot = slots.first else { return 3 * Double(words.count) }
    let hasNone = slot.contains { $0.word == nil }
    var least = leastCost(slots.dropFirst(), words) + (hasNone ? 0.001 : 3)
    if let word = words.first {
      let cost: Double = slot.contains { $0.word == word } ? 0 : hasNone ? 1 : 4
      least = min(least, leastCost(slots.dropFirst(), words.dropFirst()) + cost)
      least = min(least, leastCost(slots, words.dropFirst()) + 3)
    }
    return least
  }

  @Test func `alignments cost as little as any`() {
    var generator = Seeded(10)
    for _ in 0..<200 {
      let network = WordNetwork((0..<3).map { _ in generator.words(0...4) })
      let words = generator.words(0...4)
      var (slot, next, cost) = (0, 0, 0.0)
      for operation in network.alignment(of: words) {
        let arcs = operation.takesReference ? network.slots[slot] : []
        let hasNone = arcs.contains { $0.word == nil }
        let isMatch = operation.takesHypothesis && arcs.contains { $0.word == words[next] }
        #expect((operation == .match) == isMatch)
        switch operation {
        case .match: break
        case .substitution: cost += hasNone ? 1 : 4
        case .deletion: cost += hasNone ? 0.001 : 3
        case .insertion: cost += 3
        }
        slot += operation.takesReference ? 1 : 0
        next += operation.takesHypothesis ? 1 : 0
      }
      #expect(slot == network.slots.count && next == words.count)
      // At most 12 slots and 4 words of at most 4 each, summed as Float: sums below 64, 16 roundings.
      #expect(abs(cost - leastCost(network.slots[...], words[...])) < 16 * 64 * rounding)
    }
  }

  @Test func `sclite would rather have insertions and deletions than many substitutions`() {
    let aligned = AlignedWords(sclite: letters("abcdex"), hypothesis: letters("xabcde"))
    #expect(aligned.operations == operations("IMMMMMD"))
    #expect(AlignedWords(sclite: letters("ab"), hypothesis: letters("xy")).errors == 2)
    // 18 rather than 20, and six errors rather than five.
    let costly = AlignedWords(sclite: letters("xyzab"), hypothesis: letters("abuvw"))
    #expect(costly.operations == operations("DDDMMIII"))
    #expect(EditCounts(reference: costly.reference, hypothesis: costly.hypothesis).errors == 5)
  }

  @Test func `the majority wins, and the first of equals`() {
    func voted(_ texts: String...) -> String { network(texts).voted().map(\.word).joined() }
    #expect(voted("abc", "axc", "abd") == "abc")
    #expect(voted("abc", "ac", "ac") == "ac")
    #expect(voted("ac", "abc", "abc") == "abc")
    // One has it and one has not: the word comes first in the slot.
    #expect(voted("abc", "ac") == "abc" && voted("ac", "abc") == "abc")
    #expect(voted("abc", "axc") == "abc" && voted("axc", "abc") == "axc")
    #expect(voted("abc") == "abc" && voted("", "") == "")
  }

  @Test func `confidences weigh, worked by hand`() {
    var network = WordNetwork()
    network.add(["a"], confidences: [0.5])
    network.add(["a"], confidences: [0.25])
    network.add(["b"], confidences: [0.75])
    // alpha N / 3 + (1 - alpha) C: at 0.25, a has 1/6 + 0.75 C and b 1/12 + 0.75 C.
    func winner(_ alpha: Double, _ confidence: RoverVote.Confidence) -> String? {
      network.voted(RoverVote(alpha: alpha, confidence: confidence)).first?.word
    }
    #expect(winner(0.25, .mean) == "b" && winner(0.25, .largest) == "b")
    // Means differ by 3/8, votes by 1/3: even at alpha = 9/17.
    #expect(winner(0.5, .mean) == "b" && winner(0.56, .mean) == "a")
    // Largest differ by 1/4: even at 3/7.
    #expect(winner(0.41, .largest) == "b" && winner(0.45, .largest) == "a")
    // Shares are equal: the votes decide, and without them the first.
    #expect(winner(0.01, .share) == "a" && winner(0, .share) == "a")
    #expect(network.voted().first?.confidence == 0.375)
  }

  @Test func `none wins where it is trusted more`() {
    let network = network(["ab", "a", "a"])
    #expect(network.voted(RoverVote(alpha: 0, nullConfidence: 0.5)).map(\.word) == ["a", "b"])
    #expect(network.voted(RoverVote(alpha: 0, nullConfidence: 1.5)).map(\.word) == ["a"])
    // Nobody is sure of anything: rover's share is 0 / 0.
    var unsure = WordNetwork()
    unsure.add(["a"], confidences: [0])
    #expect(unsure.voted(RoverVote(alpha: 0, confidence: .share)).map(\.word) == ["a"])
  }

  @Test func `the oracle of a network is its best way, of all of them`() {
    var generator = Seeded(11)
    for _ in 0..<200 {
      let systems = (0..<3).map { _ in generator.words(0...4) }
      let reference = generator.words(0...5)
      let network = WordNetwork(systems)
      var ways: [[String]] = [[]]
      for slot in network.slots {
        ways = ways.flatMap { way in Set(slot.map(\.word)).map { way + ($0.map { [$0] } ?? []) } }
      }
      let least = ways.map { EditCounts(reference: reference, hypothesis: $0).errors }.min()
      let oracle = network.oracleErrors(reference: reference)
      #expect(oracle == least)
      #expect(oracle <= EditCounts.best(of: systems, reference: reference)!.counts.errors)
    }
  }

  @Test func `the best of a list has the fewest errors, and is the first of equals`() throws {
    let best = try #require(
      EditCounts.best(of: ["axd", "abd", "abx", "ad"].map { Array($0) }, reference: Array("abc")))
    #expect(best.index == 1 && best.counts == EditCounts(substitutions: 1, reference: 3))
    #expect(EditCounts.best(of: [], reference: [1]) == nil)
  }
}
