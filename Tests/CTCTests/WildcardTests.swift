import CTC
import TestSupport
import Testing

/// Wildcards and gaps against all paths over the vocabulary and a star, by the definition.
struct WildcardTests {
  /// A path over the vocabulary and a star (one beyond its last token), as the pattern sees it.
  private func matches(_ path: [Int], _ target: AlignmentTarget, star: Int, blank: Int) -> Bool {
    // Every way to share the path out among the states, blank 0, label 0, blank 1, ...
    var states: Set<Int> = []
    func emits(_ state: Int, _ token: Int) -> Bool {
      guard state % 2 == 0 else { return token == target.labels[state / 2] ?? star }
      return token == blank || token == star && target.gaps.contains(state / 2)
    }
    func mayFollow(_ state: Int, _ before: Int) -> Bool {
      if state == before || state == before + 1 { return true }
      return state == before + 2 && state % 2 == 1
        && target.labels[state / 2] != target.labels[state / 2 - 1]
    }
    let last = 2 * target.labels.count
    for (frame, token) in path.enumerated() {
      let reached = frame == 0 ? Set([0, 1].filter { $0 <= last }) : states
      states = Set(
        (0...last).filter { state in
          emits(state, token)
            && (frame == 0 ? reached.contains(state) : reached.contains { mayFollow(state, $0) })
        })
    }
    return states.contains(last) || last > 0 && states.contains(last - 1)
  }

  /// The emissions with the star's column behind them.
  private func withStar(_ emissions: Emissions, blank: Int) -> [[Double]] {
    (0..<emissions.frames).map { frame in
      let row = (0..<emissions.vocabularySize).map { Double(emissions[frame, $0]) }
      return row + [row.enumerated().filter { $0.offset != blank }.map(\.element).max()! - ln(2)]
    }
  }

  @Test(
    arguments: [
      ([nil], []), ([1, nil], []), ([nil, 1, nil], []), ([nil, nil], []), ([1, nil, 1], []),
      ([1], [0]), ([1], [0, 1]), ([1, 2], [1]), ([1, 1], [1]), ([], [0]), ([2, nil, 1], [0, 3]),
    ] as [([Int?], Set<Int>)])
  func isTheBestOfAllPathsThatMatch(labels: [Int?], gaps: Set<Int>) throws {
    let target = AlignmentTarget(labels: labels, gaps: gaps)
    for seed in 0..<6 {
      var generator = Seeded(UInt64(seed))
      let emissions = randomEmissions(frames: 5, vocabularySize: 3, using: &generator)
      let rows = withStar(emissions, blank: 0)
      var best = -Double.infinity
      for path in allPaths(frames: 5, vocabularySize: 4) where matches(path, target, star: 3, blank: 0) {
        best = max(best, path.enumerated().reduce(0) { $0 + rows[$1.offset][$1.element] })
      }
      let alignment = try #require(ForcedAlignment(emissions, target: target, blank: 0))
      // The same sum, in the same order.
      #expect(alignment.score == best, "\(labels) \(gaps) \(seed)")
      #expect(alignment.path.count == 5)
    }
  }

  @Test func aWildcardCoversWhatIsSaidThere() throws {
    // a b c - d, of which only a and d are known.
    let sure = [[0, 1], [0, 2], [0, 3], [1, 0], [0, 4]].map { pair in
      (0..<5).map { token in pair[1] == token ? 0.96 : 0.01 }
    }
    let spoken = emissions(posteriors: sure)
    let alignment = try #require(
      ForcedAlignment(spoken, target: AlignmentTarget(labels: [1, nil, 4]), blank: 0))
    #expect(alignment.path == [1, 2, 3, 0, 4])
    #expect(alignment.frames == [0..<1, 1..<3, 4..<5])
    #expect(alignment.untranscribed.isEmpty)
    #expect(abs(alignment.score - (5 * ln(0.96) - 2 * ln(2))) < 5 * 6e-8 / 0.01)
  }

  @Test func aGapIsSilentOrSaid() throws {
    func rows(_ tokens: [Int]) -> Emissions {
      emissions(posteriors: tokens.map { token in (0..<4).map { $0 == token ? 0.97 : 0.01 } })
    }
    let target = AlignmentTarget(labels: [1, 2], gaps: [0, 1, 2])
    let said = try #require(ForcedAlignment(rows([0, 3, 1, 0, 3, 0, 3, 0, 2, 2]), target: target, blank: 0))
    #expect(said.untranscribed == [1..<2, 4..<7])
    #expect(said.positions == [nil, nil, 0, nil, nil, nil, nil, nil, 1, 1])
    let silent = try #require(ForcedAlignment(rows([0, 1, 0, 0, 2, 0]), target: target, blank: 0))
    #expect(silent.untranscribed.isEmpty)
    #expect(silent.path == [0, 1, 0, 0, 2, 0])
  }

  @Test func aLabelKeepsItsFramesBesideAWildcard() throws {
    // Twice as probable is the least that takes a frame away.
    let rows = [[0.1, 0.5, 0.3, 0.1], [0.1, 0.35, 0.45, 0.1], [0.1, 0.1, 0.1, 0.7]]
    let alignment = try #require(
      ForcedAlignment(emissions(posteriors: rows), target: AlignmentTarget(labels: [1, nil]), blank: 0))
    #expect(alignment.frames == [0..<2, 2..<3])
  }

  @Test func everyWildcardHasAFrame() {
    var generator = Seeded(3)
    let two = randomEmissions(frames: 2, vocabularySize: 4, using: &generator)
    #expect(ForcedAlignment(two, target: AlignmentTarget(labels: [1, nil, 2]), blank: 0) == nil)
    #expect(ForcedAlignment(two, target: AlignmentTarget(labels: [nil, nil]), blank: 0) == nil)
    #expect(AlignmentTarget(labels: [nil, nil, 1, 1]).fewestFrames == 6)
  }
}
