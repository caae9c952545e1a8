/// Several systems on the same utterances: how good each is, what tells each pair apart, and what all of them
/// would be together.
public struct SystemComparison: Sendable {
  /// How good a system is.
  public struct Standing: Sendable, Hashable {
    public var totals = ScoreTotals()
    /// 95 % (or what ``Bootstrap/Options`` says) of the word error rate; nil without reference words.
    public var interval: ClosedRange<Double>?
    /// Errors of the best text of each n-best list; nil where an utterance has no list.
    public var oracle: EditCounts?
  }

  public let utterances: [ComparedUtterance]
  public let systems: [ComparedSystem]
  public let standings: [Standing]
  /// (system, utterance)
  public let scores: [[UtteranceScore]]
  /// (system, utterance): words under the options' rules, aligned with one reference for all systems.
  ///
  /// Where a reference has alternatives (``ReferenceNotation/sclite``) each system is scored on the reading that
  /// suits it best, and aligned here with the one that suits all of them together best.
  public let alignments: [[AlignedWords]]
  /// Every pair, by the first and then by the second.
  public let pairs: [PairComparison]
  public let combination: Combination?

  /// What ROVER makes of the systems, the best one first.
  public struct Combination: Sendable, Hashable {
    /// Word errors of the vote.
    public var words: EditCounts
    public var interval: ClosedRange<Double>?
    /// Word errors of the best choice in each slot, which no vote can be better than.
    public var oracleErrors: Int
    /// Whether words voted with their confidences, too.
    public var usesConfidences: Bool
  }

  /// - Parameters:
  ///   - systems: each with a reading of every utterance.
  ///   - scoring: rules, costs and units; alignments are kept whatever it says.
  ///   - shouldStop: asked now and then; the result is then nil.
  /// - Throws: an error that names the utterance whose reference is not what its notation says.
  public init?(
    _ utterances: [ComparedUtterance], _ systems: [ComparedSystem],
    scoring: ScoringOptions = ScoringOptions(),
    bootstrap: Bootstrap.Options = Bootstrap.Options(), threads: Int = 1, shouldStop: () -> Bool = { false }
  ) throws(ScoringError) {
    for system in systems {
      precondition(
        system.readings.count == utterances.count,
        "\(system.name): \(system.readings.count) readings of \(utterances.count) utterances")
    }
    var options = scoring
    options.keepsAlignments = true
    var scorer = Scorer(options)
    var scores: [[UtteranceScore]] = systems.map { _ in [] }
    var oracles: [EditCounts?] = systems.map { _ in EditCounts() }
    for (place, utterance) in utterances.enumerated() {
      if shouldStop() { return nil }
      for (number, system) in systems.enumerated() {
        let reading = system.readings[place]
        func score(_ text: String) throws(ScoringError) -> UtteranceScore {
          try scorer.score(
            ScoringPair(
              id: utterance.id, reference: utterance.reference, hypothesis: text, notation: utterance.notation
            ))
        }
        scores[number].append(try score(reading.text))
        var best: EditCounts?
        for text in reading.alternatives {
          let words = try score(text).words
          if best.map({ words.errors < $0.errors }) ?? true { best = words }
        }
        oracles[number] = best.flatMap { best in oracles[number].map { $0 + best } }
      }
    }
    let alignments = Self.alignments(scores, costs: options.costs)
    // Word errors of the vote are resampled with the systems'.
    let vote = systems.count > 1 ? Vote(scores, systems, alignments) : nil
    let errors = scores.map { $0.map(\.words.errors) }
    let reference = scores.first.map { $0.map(\.words.reference) } ?? utterances.map { _ in 0 }
    let resampled = Bootstrap(
      errors: errors + (vote.map { [$0.counts.map(\.errors)] } ?? []), reference: reference,
      options: bootstrap, threads: threads)
    self.utterances = utterances
    self.systems = systems
    self.scores = scores
    self.alignments = alignments
    standings = systems.indices.map { system in
      var standing = Standing()
      for score in scores[system] { standing.totals += score }
      standing.interval = resampled.interval(of: system)
      standing.oracle = oracles[system]
      return standing
    }
    // sclite's own alignments, with which MAPSSWE is sc_stats'.
    let sclite = alignments.map { $0.map { AlignedWords(sclite: $0.reference, hypothesis: $0.hypothesis) } }
    if shouldStop() { return nil }
    pairs = PairComparison.all(resampled, alignments: sclite.map { $0.map(\.operations) })
    combination = vote.map { vote in
      Combination(
        words: vote.counts.reduce(EditCounts(), +), interval: resampled.interval(of: systems.count),
        oracleErrors: vote.oracleErrors, usesConfidences: vote.usesConfidences)
    }
  }

  /// Each utterance's words beside those of one reading of its reference.
  private static func alignments(_ scores: [[UtteranceScore]], costs: EditCosts) -> [[AlignedWords]] {
    var alignments: [[AlignedWords]] = scores.map { _ in [] }
    for place in scores.first?.indices ?? 0..<0 {
      let own = scores.map { AlignedWords($0[place].alignment!) }
      let readings = Set(own.map(\.reference))
      if readings.count <= 1 {
        for (system, words) in own.enumerated() { alignments[system].append(words) }
        continue
      }
      // The order of a set is not settled; that of the systems is.
      var best: [AlignedWords] = []
      for reading in own.map(\.reference) {
        let all = own.map { AlignedWords(reference: reading, hypothesis: $0.hypothesis, costs: costs) }
        if best.isEmpty || errors(of: all) < errors(of: best) { best = all }
      }
      for (system, words) in best.enumerated() { alignments[system].append(words) }
    }
    return alignments
  }

  private static func errors(of alignments: [AlignedWords]) -> Int {
    alignments.reduce(0) { $0 + $1.errors }
  }
}

/// What the systems make together: a vote in each utterance.
private struct Vote {
  /// Of each utterance.
  var counts: [EditCounts] = []
  var oracleErrors = 0
  let usesConfidences: Bool

  init(_ scores: [[UtteranceScore]], _ systems: [ComparedSystem], _ alignments: [[AlignedWords]]) {
    let errors = scores.map { $0.reduce(0) { $0 + $1.words.errors } }
    let order = systems.indices.sorted { (errors[$0], $0) < (errors[$1], $1) }
    // Rules may have made other words of a text: then its confidences belong to none of them.
    func confidences(_ system: Int, _ place: Int) -> [Double]? {
      systems[system].readings[place].wordConfidences.flatMap {
        $0.count == alignments[system][place].hypothesis.count ? $0 : nil
      }
    }
    let places = alignments.first?.indices ?? 0..<0
    usesConfidences = systems.indices.allSatisfy { system in
      places.allSatisfy { confidences(system, $0) != nil }
    }
    // As many systems with a word count as much as their confidence in it.
    let vote = usesConfidences ? RoverVote(alpha: 0.5, nullConfidence: 0.5) : RoverVote()
    for place in places {
      var network = WordNetwork()
      for system in order {
        network.add(
          alignments[system][place].hypothesis,
          confidences: usesConfidences ? confidences(system, place) : nil)
      }
      let reference = alignments[0][place].reference
      counts.append(EditCounts(reference: reference, hypothesis: network.voted(vote).map(\.word)))
      oracleErrors += network.oracleErrors(reference: reference)
    }
  }
}

extension AlignedWords {
  /// Optional words that the hypothesis leaves out are no words of the reference.
  init(_ words: WordAlignment) {
    var reference: [String] = []
    var operations: [EditOperation] = []
    for step in words.alignment.steps {
      switch step.kind {
      case .match: operations.append(.match)
      case .substitution: operations.append(.substitution)
      case .deletion: operations.append(.deletion)
      case .insertion: operations.append(.insertion)
      case .omission: continue
      }
      if let place = step.reference { reference.append(words.reference[place]) }
    }
    self.init(reference: reference, hypothesis: words.hypothesis, operations: operations)
  }

  /// The alignment of least cost.
  public init(reference: [String], hypothesis: [String], costs: EditCosts) {
    self.init(
      WordAlignment(
        reference: reference, hypothesis: hypothesis,
        alignment: Alignment(reference: reference, hypothesis: hypothesis, costs: costs)))
  }
}
