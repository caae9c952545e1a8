/// A reference and a hypothesis of one utterance.
public struct ScoringPair: Sendable, Hashable {
  public var id: String
  public var reference: String
  public var hypothesis: String
  public var notation: ReferenceNotation
  /// As those of ``UtteranceScore``.
  public var fields: [String]

  public init(
    id: String, reference: String, hypothesis: String, notation: ReferenceNotation = .plain,
    fields: [String] = []
  ) {
    self.id = id
    self.reference = reference
    self.hypothesis = hypothesis
    self.notation = notation
    self.fields = fields
  }
}

/// Scores one utterance after the other, with memory that is used again. A copy a thread.
///
///     var scorer = Scorer(ScoringOptions())
///     let score = try scorer.score(ScoringPair(id: "a", reference: "the cat", hypothesis: "a cat"))
///     score.words.rate  // 0.5
public struct Scorer: Sendable {
  public let options: ScoringOptions
  private var units: TextUnits
  private var counter: EditCounter
  private var aligner: LinearSpaceAligner

  public init(_ options: ScoringOptions) {
    self.options = options
    units = TextUnits(unit: options.unit)
    counter = EditCounter(costs: options.costs)
    aligner = LinearSpaceAligner(costs: options.costs)
  }

  /// - Throws: an error that names the utterance, for a reference that is not what its notation says.
  public mutating func score(_ pair: ScoringPair) throws(ScoringError) -> UtteranceScore {
    let hypothesis = options.rules.apply(pair.hypothesis)
    if pair.notation == .sclite && ReferenceGraph.mayBeNeeded(for: pair.reference) {
      let graph = try graph(of: pair)
      if !graph.isPlain { return score(graph, hypothesis, of: pair) }
    }
    return score(options.rules.apply(pair.reference), hypothesis, of: pair)
  }

  private mutating func score(
    _ reference: String, _ hypothesis: String, of pair: ScoringPair
  ) -> UtteranceScore {
    units.load(reference: reference, hypothesis: hypothesis)
    var alignment: WordAlignment?
    let words: EditCounts
    if options.keepsAlignments {
      let aligned = aligner.alignment(
        units.reference.words, units.hypothesis.words, limit: units.wordLimit)
      words = aligned.counts
      alignment = WordAlignment(
        reference: units.texts(of: units.reference), hypothesis: units.texts(of: units.hypothesis),
        alignment: aligned)
    } else {
      words = counter.counts(units.reference.words, units.hypothesis.words, limit: units.wordLimit)
    }
    return UtteranceScore(
      id: pair.id, words: words, characters: characters, fields: pair.fields, alignment: alignment)
  }

  /// Characters are those of the reading that the words chose, without what it leaves out.
  private mutating func score(
    _ graph: ReferenceGraph, _ hypothesis: String, of pair: ScoringPair
  ) -> UtteranceScore {
    let words = TextUnits.words(of: hypothesis, unit: options.unit)
    var aligner = GraphAligner(graph, hypothesis: words, costs: options.costs)
    let (reading, alignment) = aligner.alignment()
    let omitted = Set(alignment.steps.filter { $0.kind == .omission }.compactMap(\.reference))
    let said = reading.indices.filter { !omitted.contains($0) }.map { reading[$0].text }
    units.load(reference: said.joined(separator: " "), hypothesis: hypothesis)
    return UtteranceScore(
      id: pair.id, words: alignment.counts, characters: characters, fields: pair.fields,
      alignment: options.keepsAlignments
        ? WordAlignment(reference: reading.map(\.text), hypothesis: words, alignment: alignment) : nil)
  }

  /// Of the texts that are loaded.
  private var characters: EditCounts {
    mutating get {
      counter.counts(
        units.reference.characters, units.hypothesis.characters, limit: units.characterLimit)
    }
  }

  private func graph(of pair: ScoringPair) throws(ScoringError) -> ReferenceGraph {
    do throws(ReferenceGraph.Fault) {
      return try ReferenceGraph(parsing: pair.reference) {
        TextUnits.words(of: options.rules.apply($0), unit: options.unit)
      }
    } catch {
      throw ScoringError(
        pair.id, "\(error.description); correct the reference, or read it as plain text (--notation plain)")
    }
  }
}
