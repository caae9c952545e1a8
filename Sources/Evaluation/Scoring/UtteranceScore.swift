/// The words of a reference and a hypothesis, and which stands for which.
public struct WordAlignment: Sendable, Hashable {
  /// Of a reference with alternatives, those of the reading that was taken; optional words that the hypothesis
  /// leaves out too.
  public let reference: [String]
  public let hypothesis: [String]
  public let alignment: Alignment

  public init(reference: [String], hypothesis: [String], alignment: Alignment) {
    self.reference = reference
    self.hypothesis = hypothesis
    self.alignment = alignment
  }

  /// Both sides step by step; nil where a side has no word.
  public var rows: [(kind: AlignmentStep.Kind, reference: String?, hypothesis: String?)] {
    alignment.steps.map { step in
      (step.kind, step.reference.map { reference[$0] }, step.hypothesis.map { hypothesis[$0] })
    }
  }
}

/// How far one hypothesis is from its reference.
public struct UtteranceScore: Sendable, Hashable {
  public let id: String
  public let words: EditCounts
  public let characters: EditCounts
  /// Values of the fields by which utterances can be grouped, in the order of ``ScoreReport/fields``.
  public let fields: [String]
  /// Nil unless the options ask for it.
  public let alignment: WordAlignment?

  public init(
    id: String, words: EditCounts, characters: EditCounts, fields: [String] = [],
    alignment: WordAlignment? = nil
  ) {
    self.id = id
    self.words = words
    self.characters = characters
    self.fields = fields
    self.alignment = alignment
  }
}

/// Errors summed over utterances.
public struct ScoreTotals: Sendable, Hashable {
  public var words = EditCounts()
  public var characters = EditCounts()
  /// Utterances with an error in their words.
  public var wrongSentences = 0
  public var sentences = 0

  public init() {}

  public static func += (a: inout ScoreTotals, utterance: UtteranceScore) {
    a.words += utterance.words
    a.characters += utterance.characters
    a.wrongSentences += utterance.words.errors > 0 ? 1 : 0
    a.sentences += 1
  }
}
